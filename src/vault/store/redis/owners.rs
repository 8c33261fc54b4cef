//! The index of each owner's aliases, by which they are counted and forgotten.
//!
//! It is on another hash slot than the aliases. An alias is listed before it is made and unlisted after it is removed:
//! the index may name an alias that is not there, but it never lacks one that is.

use super::connection::Connection;
use super::encoding::{
    Octets, alias_and_unsettled, alias_key, damaged, held_key, hex, number, optional, outcome, unhex,
};
use super::scripts::Inner;
use crate::alias::Time;
use crate::vault::store::{Key, Owner, StoreError};

impl Inner {
    /// Notes in the owner's index when the alias ends. False if it is new and they have `limit` (0 is no limit).
    pub(super) async fn index(
        &self,
        owner: &Owner,
        key: &Key,
        purge: Option<Time>,
        limit: u32,
    ) -> Result<bool, StoreError> {
        let args = [hex(key).into_bytes(), optional(purge), number(limit)];
        self.call(&self.scripts.index, &[index_key(owner)], &args).await
    }

    /// Gives back what the ticket in `args` has spent, and notes in the owner's index when the alias now ends. It may be
    /// tried again, whichever of both has failed.
    pub(super) async fn refund(&self, key: &Key, args: Vec<Octets>) -> Result<(), StoreError> {
        let answer = self.call_durably(&self.scripts.refund, &alias_and_unsettled(key), &args).await?;
        match outcome(answer)? {
            (_, Some((owner, purge))) => self.index(&owner, key, purge, 0).await.map(drop),
            (_, None) => Ok(()),
        }
    }

    pub(super) async fn remove(&self, key: &Key) -> Result<bool, StoreError> {
        let [alias, unsettled] = alias_and_unsettled(key);
        let keys = [alias, unsettled, held_key(key)];
        let owner: Option<Octets> = self.call_durably(&self.scripts.remove, &keys, &[]).await?;
        let Some(owner) = owner else { return Ok(false) };
        let owner = Owner::try_from(owner).map_err(|_| damaged())?;
        self.unlist(&owner, hex(key).as_bytes()).await?;
        Ok(true)
    }

    /// The aliases in the owner's index, in hexadecimal.
    pub(super) async fn listed(&self, owner: &Owner) -> Result<Vec<Octets>, StoreError> {
        let list = async |mut connection: Connection| {
            redis::cmd("ZRANGE").arg(index_key(owner)).arg(0).arg(-1).query_async(&mut connection).await
        };
        self.connector.run(list).await
    }

    pub(super) async fn unlist(&self, owner: &Owner, alias: &[u8]) -> Result<(), StoreError> {
        let unlist = async |mut connection: Connection| {
            redis::cmd("ZREM").arg(index_key(owner)).arg(alias).query_async(&mut connection).await
        };
        self.connector.run(unlist).await
    }

    /// Takes those off the owner's index that are not there. Answers whether there were any.
    pub(super) async fn tidy(&self, owner: &Owner) -> Result<bool, StoreError> {
        let mut tidied = false;
        for alias in self.listed(owner).await? {
            let key = alias_key(&unhex(&alias).ok_or_else(damaged)?);
            let look =
                async |mut connection: Connection| redis::cmd("EXISTS").arg(&key).query_async(&mut connection).await;
            let is_there: bool = self.connector.run(look).await?;
            if !is_there {
                self.unlist(owner, &alias).await?;
                tidied = true;
            }
        }
        Ok(tidied)
    }
}

pub(super) fn index_key(owner: &Owner) -> String {
    format!("tempalias:owner:{{{}}}", hex(owner))
}
