//! The table and its server key belong together: if one of them has disappeared, the daemon says so, and makes nothing.

use crate::fixture::{Daemon, Smarthost, Store};
use std::fs;

#[test]
fn a_table_or_key_that_has_disappeared_is_not_replaced() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::with(smarthost.address, &Store::Redb, "");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert_eq!(daemon.stop(), Some(0));
    let (table, key) = (daemon.dir().join("aliases.redb"), daemon.dir().join("server.key"));
    let away = |path: &std::path::Path| path.with_extension("away");
    let key_octets = fs::read(&key).unwrap();

    fs::rename(&table, away(&table)).unwrap();
    let (code, said) = daemon.refuse();
    println!("{said}");
    assert!(code == Some(73) && said.contains("aliases.redb: is missing, but its server key"), "{code:?} {said}");
    assert!(!table.exists() && fs::read(&key).unwrap() == key_octets, "something was made");

    fs::write(&table, "").unwrap();
    let (code, said) = daemon.refuse();
    println!("{said}");
    assert!(code == Some(73) && said.contains("aliases.redb: is empty, but its server key"), "{code:?} {said}");
    assert_eq!(fs::metadata(&table).unwrap().len(), 0);
    fs::rename(away(&table), &table).unwrap();

    fs::rename(&key, away(&key)).unwrap();
    let (code, said) = daemon.refuse();
    println!("{said}");
    assert!(code == Some(73) && said.contains("server.key: is missing, but its table"), "{code:?} {said}");
    assert!(!key.exists(), "a new key was made");
    fs::rename(away(&key), &key).unwrap();

    daemon.up();
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"), "nothing was lost");
    assert_eq!(daemon.stop(), Some(0));

    // On purpose: both are moved away.
    fs::rename(&key, away(&key)).unwrap();
    fs::rename(&table, away(&table)).unwrap();
    daemon.up();
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("550"));
}
