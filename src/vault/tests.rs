//! The end of the vault: which requests are still answered.

use super::keys::ServerKey;
use super::service::tests::{fixed, live, order};
use super::store::redb::Redb;
use super::store::redb::disk::Disk;
use super::*;
use crate::channel::{RpcClient, Stream};
use crate::wire::vault_web::{RequestError, VaultWeb};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::LocalRuntime::new().unwrap().block_on(future)
}

/// The vault's sockets close when it has ended: what was not written until then does not arrive.
#[test]
fn requests_are_answered_before_a_broken_store_ends_the_vault() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let (caller, owner) = UnixStream::pair().unwrap();
    let is_full = Arc::clone(&disk.is_full);
    let caller = std::thread::spawn(move || {
        block_on(async {
            let client = RpcClient::<VaultWeb>::new(Stream::new(caller).unwrap());
            let ordered = client.call(order("a@real.example", None, 1)).await;
            assert!(matches!(ordered, Ok(Ok(_))));
            is_full.store(true, SeqCst);
            let orders: Vec<_> = (0..100).map(|n| client.call(order(&format!("{n}@real.example"), None, 1))).collect();
            for order in orders {
                // An answer, and not the end of the connection.
                assert_eq!(order.await, Ok(Err(RequestError::Unavailable)));
            }
        });
    });
    let ended = block_on(async {
        let fixed = fixed(dir.path());
        let server_key = ServerKey::open(&fixed.key_file).unwrap();
        let engine = Rc::new(Redb::on(disk.database(), server_key.fingerprint()).unwrap());
        let context = Rc::new(VaultContext::new(&fixed, &live(), server_key, engine).unwrap());
        let server = RpcServer::default();
        server.serve(vec![(Stream::new(owner).unwrap(), 1)], answer_by(&context, service::web::answer));
        serve_until(&context, server, std::future::pending(), Duration::from_secs(1)).await
    });
    assert!(matches!(ended, Err(Fatal::Store(_))));
    caller.join().unwrap();
}
