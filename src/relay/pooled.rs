//! A connection in use: what a transaction does with it is counted, because it decides how long the connection is
//! reused.

use super::reuse::Reuse;
use super::route::Route;
use super::route_pool::Permit;
use super::verdict::{refuses_mail_of_us, refuses_us};
use crate::alias::RealAddress;
use crate::net::smtp_client::{ConnectionLost, SmtpConnection};
use crate::proto::client::MailFrom;
use crate::proto::status::Status;

/// A connection in use.
pub(super) struct PooledConnection {
    pub(super) connection: SmtpConnection,
    /// Whether it has served before: then its loss, or that it takes no MAIL, may only mean that the host did not want
    /// to keep it for longer.
    pub(super) reused: bool,
    pub(super) reuse: Reuse,
    pub(super) permit: Permit,
}

impl PooledConnection {
    pub(super) fn route(&self) -> &Route {
        &self.permit.pool.route
    }

    /// As [`SmtpConnection::mail`]; `names_us` if `mail` names nobody but us.
    pub(super) async fn mail(
        &mut self,
        mail: &MailFrom,
        names_us: bool,
        recipients: &[&RealAddress],
    ) -> Result<Result<Vec<Status>, Status>, ConnectionLost> {
        self.reuse.begin();
        let replied = self.connection.mail(mail, recipients).await?;
        match &replied {
            Ok(statuses) => statuses.iter().for_each(|&status| self.replied(status)),
            Err(refusal) => {
                self.permit.pool.note_refusal_of_us(*refusal, refuses_mail_of_us(*refusal, names_us));
                self.reuse.replied(*refusal);
            }
        }
        Ok(replied)
    }

    /// As [`SmtpConnection::rcpt`].
    pub(super) async fn rcpt(&mut self, recipients: &[&RealAddress]) -> Result<Vec<Status>, ConnectionLost> {
        let statuses = self.connection.rcpt(recipients).await?;
        statuses.iter().for_each(|&status| self.replied(status));
        Ok(statuses)
    }

    /// As [`SmtpConnection::data`].
    pub(super) async fn data(&mut self) -> Result<Result<(), Status>, ConnectionLost> {
        let replied = self.connection.data().await?;
        if let Err(refusal) = replied {
            self.replied(refusal);
        }
        Ok(replied)
    }

    /// As [`SmtpConnection::end`].
    pub(super) async fn end(&mut self) -> Result<Status, ConnectionLost> {
        let status = self.connection.end().await?;
        self.reuse.ended(status);
        self.permit.pool.note_reply_to_message(status);
        Ok(status)
    }

    fn replied(&mut self, status: Status) {
        self.permit.pool.note_refusal_of_us(status, refuses_us(status));
        self.reuse.replied(status);
    }

    /// Whether the host refused with one of these only because it was about to hang up: it has done so since, with 421
    /// or without a word. Does not wait.
    pub(super) fn is_given_up(&mut self, statuses: &[Status]) -> bool {
        self.reused && statuses.iter().any(|status| status.is_transient()) && self.connection.has_ended()
    }
}
