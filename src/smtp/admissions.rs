//! Messages that the vault was asked to admit.

use crate::channel::{Disconnected, RpcClient};
use crate::proto::session::AdmitOutcome;
use crate::wire::Ticket;
use crate::wire::vault_smtp::{Admit, AdmitAnswer, Release, VaultSmtp};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

type Pending = Pin<Box<dyn Future<Output = Result<AdmitAnswer, Disconnected>>>>;

/// Answers that are due, in the order of the requests.
#[derive(Default)]
pub(super) struct Admissions(VecDeque<Pending>);

impl Admissions {
    /// Sends the request at once.
    pub(super) fn request(&mut self, admit: Admit, vault: &RpcClient<VaultSmtp>) {
        self.0.push_back(Box::pin(vault.call(admit)));
    }

    /// The next answers, as many as are there. Cancel safe: those that are not returned are still due.
    pub(super) async fn answers(&mut self) -> Vec<AdmitOutcome<Ticket>> {
        if self.0.is_empty() {
            return vec![AdmitOutcome::Unavailable];
        }
        poll_fn(|context| {
            let mut answers = Vec::new();
            while let Some(pending) = self.0.front_mut()
                && let Poll::Ready(answer) = pending.as_mut().poll(context)
            {
                answers.push(outcome(answer));
                self.0.pop_front();
            }
            if self.0.is_empty() {
                // An idle session keeps no memory for it.
                self.0 = VecDeque::new();
            }
            if answers.is_empty() { Poll::Pending } else { Poll::Ready(answers) }
        })
        .await
    }

    /// Wants no answer any more. Tickets that come even so are released.
    pub(super) fn cancel(&mut self, vault: &RpcClient<VaultSmtp>) {
        let (pending, vault) = (std::mem::take(&mut self.0), vault.clone());
        tokio::task::spawn_local(async move {
            for answer in pending {
                if let Ok(AdmitAnswer::Admitted { ticket }) = answer.await {
                    vault.send(Release { ticket });
                }
            }
        });
    }
}

fn outcome(answer: Result<AdmitAnswer, Disconnected>) -> AdmitOutcome<Ticket> {
    match answer {
        Ok(AdmitAnswer::Admitted { ticket }) => AdmitOutcome::Admitted(ticket),
        Ok(AdmitAnswer::Busy) => AdmitOutcome::Busy,
        Ok(AdmitAnswer::No) => AdmitOutcome::No,
        Ok(AdmitAnswer::Unavailable) | Err(Disconnected) => AdmitOutcome::Unavailable,
    }
}
