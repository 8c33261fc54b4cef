//! Whose aliases there are: an index for each owner, so that they can be counted and forgotten.
//!
//! It is on another hash slot than the aliases. An alias is listed before it is made and unlisted after it is removed:
//! the index may name one that is not there, never lack one that is.

use super::connection::Connection;
use super::{Inner, Octets, alias_key, damaged, hex, number, optional, pair, unhex};
use crate::alias::Time;
use crate::vault::store::{Key, Outage, Owner};

impl Inner {
    /// Notes in the owner's index when the alias ends; false if it is new and they have `most` (0 is no bound).
    pub(super) async fn index(&self, owner: &Owner, key: &Key, purge: Option<Time>, most: u32) -> Result<bool, Outage> {
        let args = [hex(key).into_bytes(), optional(purge), number(most)];
        self.call(&self.scripts.index, &[index_key(owner)], &args).await
    }

    pub(super) async fn remove(&self, key: &Key) -> Result<bool, Outage> {
        let owner: Option<Octets> = self.call_durably(&self.scripts.remove, &pair(key), &[]).await?;
        let Some(owner) = owner else { return Ok(false) };
        let owner = Owner::try_from(owner).map_err(|_| damaged())?;
        self.unlist(&owner, hex(key).as_bytes()).await?;
        Ok(true)
    }

    /// The aliases in the owner's index, in hexadecimal.
    pub(super) async fn listed(&self, owner: &Owner) -> Result<Vec<Octets>, Outage> {
        let list = async |mut connection: Connection| {
            redis::cmd("ZRANGE").arg(index_key(owner)).arg(0).arg(-1).query_async(&mut connection).await
        };
        self.connector.with(list).await
    }

    pub(super) async fn unlist(&self, owner: &Owner, alias: &[u8]) -> Result<(), Outage> {
        let unlist = async |mut connection: Connection| {
            redis::cmd("ZREM").arg(index_key(owner)).arg(alias).query_async(&mut connection).await
        };
        self.connector.with(unlist).await
    }

    /// Takes those off the owner's index that are not there; whether there were any.
    pub(super) async fn tidy(&self, owner: &Owner) -> Result<bool, Outage> {
        let mut tidied = false;
        for alias in self.listed(owner).await? {
            let key = alias_key(&unhex(&alias).ok_or_else(damaged)?);
            let look =
                async |mut connection: Connection| redis::cmd("EXISTS").arg(&key).query_async(&mut connection).await;
            let is_there: bool = self.connector.with(look).await?;
            if !is_there {
                self.unlist(owner, &alias).await?;
                tidied = true;
            }
        }
        Ok(tidied)
    }
}

fn index_key(owner: &Owner) -> String {
    format!("tempalias:owner:{{{}}}", hex(owner))
}
