//! Opening what the vault needs: the server key and the table.
//!
//! The two belong together, and one is useless without the other. So one decision is made over both, before anything is
//! made: a table that has disappeared must not be replaced by an empty one, as if none of its aliases had ever existed.

use super::keys::ServerKey;
use super::store::Engine;
use super::store::redb::Redb;
use super::store::redis::Redis;
use crate::config::settings::vault::{Fixed, Store};
use crate::runtime::Fatal;
use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;
use tracing::warn;

/// What there is of a table in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A file of 0 octets.
    Empty,
    /// A table, or what cannot be looked at.
    Table,
}

/// Opens the server key and the table, or makes both if neither is there.
///
/// # Errors
/// One of the two is there without the other, or cannot be used.
pub(super) fn open(settings: &Fixed) -> Result<(ServerKey, Rc<dyn Engine>), Fatal> {
    match &settings.store {
        Store::Redb { path } => {
            open_files(&settings.key_file, path).map(|(key, table)| (key, Rc::new(table) as Rc<dyn Engine>))
        }
        Store::Redis(redis) => {
            let key = ServerKey::open(&settings.key_file)?;
            Ok((key, Rc::new(Redis::open(redis)?)))
        }
    }
}

fn open_files(key_file: &Path, table: &Path) -> Result<(ServerKey, Redb), Fatal> {
    let found = find(table);
    match (ServerKey::read(key_file)?, found) {
        (Some(key), Found::Table) => {
            let table = Redb::open(table, key.fingerprint())?;
            Ok((key, table))
        }
        (Some(key), Found::Nothing | Found::Empty) if ServerKey::is_credential(key_file) => {
            // An administrator who provides the key does so before the first start as well.
            warn!(table = %table.display(), "the table is made anew: there is only the server key");
            let table = Redb::open(table, key.fingerprint())?;
            Ok((key, table))
        }
        (Some(_), Found::Nothing | Found::Empty) => {
            let what = if found == Found::Empty { "is empty" } else { "is missing" };
            Err(Fatal::File {
                path: table.to_owned(),
                what: format!(
                    "{what}, but its server key {} is there: restore the table; to begin anew without its aliases, move \
                     the key away, too",
                    key_file.display()
                ),
            })
        }
        (None, found) => begin(key_file, table, found),
    }
}

fn find(table: &Path) -> Found {
    match fs::metadata(table) {
        Ok(file) if file.is_file() && file.len() == 0 => Found::Empty,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Ok(_) | Err(_) => Found::Table,
    }
}

/// Makes the table and then its key. In this order, so that a start which is killed in between leaves a table in which
/// nothing is stored yet: that is no reason to refuse the next one.
fn begin(key_file: &Path, table: &Path, found: Found) -> Result<(ServerKey, Redb), Fatal> {
    let (key, octets) = ServerKey::generate()?;
    let opened = match found {
        Found::Nothing | Found::Empty => Redb::open(table, key.fingerprint())?,
        Found::Table => Redb::open_unused(table, key.fingerprint())?.ok_or_else(|| Fatal::File {
            path: key_file.to_owned(),
            what: format!(
                "is missing, but its table {} is there: restore the server key; to begin anew without the table's \
                 aliases, move the table away, too",
                table.display()
            ),
        })?,
    };
    ServerKey::write(key_file, &octets)?;
    Ok((key, opened))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn outcome(opened: Result<(ServerKey, Redb), Fatal>) -> String {
        opened.map_or_else(|fatal| fatal.to_string(), |_| "opened".to_owned())
    }

    fn files(dir: &Path) -> (PathBuf, PathBuf) {
        (dir.join("server.key"), dir.join("aliases.redb"))
    }

    /// What there is beforehand: the key, the table; what comes of it, and whether a key is made.
    #[test]
    fn one_decision_over_both_files() {
        let made = tempfile::tempdir().unwrap();
        let (made_key, made_table) = files(made.path());
        drop(open_files(&made_key, &made_table).unwrap_or_else(|fatal| panic!("{fatal}")));
        let (key_octets, table_octets) = (fs::read(&made_key).unwrap(), fs::read(&made_table).unwrap());
        for (has_key, table, expected, key_after) in [
            (true, Some(&table_octets[..]), "opened", true),
            (true, None, "aliases.redb: is missing, but its server key", true),
            (true, Some(&[]), "aliases.redb: is empty, but its server key", true),
            (false, None, "opened", true),
            (false, Some(&[]), "opened", true),
            // Nothing is stored in it: a first start was killed.
            (false, Some(&table_octets), "opened", true),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (key, path) = files(dir.path());
            if has_key {
                fs::copy(&made_key, &key).unwrap();
            }
            if let Some(octets) = table {
                fs::write(&path, octets).unwrap();
            }
            let what = format!("key {has_key}, table {:?}", table.map(<[u8]>::len));
            let said = outcome(open_files(&key, &path));
            assert!(said.contains(expected), "{what}: {said}");
            assert_eq!(key.exists(), key_after, "{what}");
            assert!(!has_key || fs::read(&key).unwrap() == key_octets, "{what}: the key is another one");
            if expected != "opened" {
                assert_eq!(fs::read(&path).ok().as_deref(), table, "{what}: the table was touched");
            } else {
                assert_eq!(outcome(open_files(&key, &path)), "opened", "{what}: again");
            }
        }
    }
}
