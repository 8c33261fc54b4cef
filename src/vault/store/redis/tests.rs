//! The suite on a real server and on a real three-master cluster; and what only Redis can show.

use super::Redis;
use crate::config::settings::Secret;
use crate::config::settings::vault::{Redis as RedisSettings, Topology};
use crate::vault::store::redis::server::{Server, free_port};
use crate::vault::store::tests::{LIFETIME, SPENT, SPENT_LAST, fresh, limits, record, suite, ticket};
use crate::vault::store::{AdmitOutcome, Creation, Engine, Key, Owner, Record, SpendOutcome};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn engine(servers: &[Server], topology: Topology, min_replicas: u32) -> Redis {
    let nodes = servers.iter().map(|s| Secret::new(format!("redis://127.0.0.1:{}", s.port))).collect();
    Redis::open(&RedisSettings {
        nodes,
        topology,
        min_replicas,
        timeout: Duration::from_secs(2),
        ca_file: "/nowhere".into(),
    })
    .unwrap()
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
}

#[test]
fn the_suite_on_one_server() {
    let server = [Server::start(&[])];
    run(async { suite(&engine(&server, Topology::Single, 0)).await });
}

#[test]
fn the_suite_on_a_cluster_of_three_masters() {
    let bus = |port: &str| ["--cluster-enabled", "yes", "--cluster-port", port].map(str::to_owned);
    let servers: Vec<Server> = (0..3)
        .map(|_| {
            let arguments = bus(&free_port().to_string());
            Server::start(&arguments.each_ref().map(String::as_str))
        })
        .collect();
    let addresses: Vec<String> = servers.iter().map(|s| format!("127.0.0.1:{}", s.port)).collect();
    let mut create = vec!["--cluster", "create", "--cluster-yes"];
    create.extend(addresses.iter().map(String::as_str));
    assert!(servers[0].cli(&create).contains("[OK]"));
    servers.iter().for_each(|s| s.until("cluster_state:ok", &["cluster", "info"]));
    run(async { suite(&engine(&servers, Topology::Cluster, 0)).await });
    let keys: Vec<u64> = servers.iter().map(|s| s.cli(&["dbsize"]).trim().parse().unwrap()).collect();
    assert!(keys.iter().all(|&n| n > 0), "every master has its share: {keys:?}");
}

#[test]
fn the_suite_through_a_sentinel() {
    let server = [Server::start(&[])];
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let file = dir.path().join("sentinel.conf");
    let text = format!("port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {} 1\n", server[0].port);
    std::fs::write(&file, text).unwrap();
    let child = Command::new("redis-server").arg(&file).arg("--sentinel").stdout(Stdio::null()).spawn().unwrap();
    let sentinel = [Server::of(port, child, dir)];
    sentinel[0].until("127.0.0.1", &["sentinel", "get-master-addr-by-name", "main"]);
    run(async { suite(&engine(&sentinel, Topology::Sentinel { master: "main".to_owned() }, 0)).await });
}

#[test]
fn a_step_that_is_sent_twice_counts_once() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let key = fresh();
        let new = record(limits(Some(2)));
        assert_eq!(engine.create(key, new.clone(), 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(
            engine.create(key, new, 0, 0).get().await,
            Ok(Creation::Taken),
            "the same request again changes nothing"
        );
        assert_eq!(engine.create(key, record(limits(None)), 0, 0).get().await, Ok(Creation::Taken), "another one");
        let ticket = ticket();
        let spent = async || engine.read(key).get().await.unwrap().unwrap().state.spent;
        for _ in 0..2 {
            assert_eq!(engine.spend(key, ticket, LIFETIME).get().await, Ok(SPENT));
            assert_eq!(spent().await, 1);
        }
        for _ in 0..2 {
            assert_eq!(engine.refund(key, ticket).get().await, Ok(()));
            assert_eq!(spent().await, 0);
        }
    });
}

#[test]
fn nothing_remains_after_the_end() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let now = engine.now().get().await.unwrap();
        let until = crate::alias::Limits { not_after: Some(now + 2), ..limits(Some(5)) };
        let key = fresh();
        assert_eq!(engine.create(key, record(until), 0, 0).get().await, Ok(Creation::Made));
        let brief = Duration::from_secs(1);
        assert_eq!(engine.spend(key, ticket(), brief).get().await, Ok(SPENT));
        assert_eq!(server[0].cli(&["dbsize"]).trim(), "3");
        server[0].until("0\n", &["dbsize"]);
        // Used up, it stays for its owner to extend it, and then goes too.
        let key = fresh();
        let used = record(limits(Some(1)));
        assert_eq!(engine.create(key, used.clone(), 0, 0).get().await, Ok(Creation::Made));
        let last = ticket();
        assert_eq!(engine.spend(key, last, LIFETIME).get().await, Ok(SPENT_LAST));
        assert_eq!(engine.settle(key, last).get().await, Ok(()));
        let names = server[0].cli(&["keys", "*"]);
        assert_eq!(names.lines().count(), 2, "{names}");
        for name in names.lines() {
            assert!(server[0].cli(&["ttl", name]).trim().parse::<i64>().unwrap() > 0, "{name} stays forever");
        }
    });
}

#[test]
fn a_server_that_is_away_is_an_outage_and_comes_back() {
    run(async {
        let mut servers = [Server::start(&[])];
        let engine = engine(&servers, Topology::Single, 0);
        assert!(engine.now().get().await.is_ok());
        let _ = servers[0].child.kill();
        let _ = servers[0].child.wait();
        for _ in 0..3 {
            assert!(engine.now().get().await.is_err());
        }
        let port = servers[0].port.to_string();
        servers[0].child = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        servers[0].until("PONG", &["ping"]);
        let end = Instant::now() + Duration::from_secs(10);
        while engine.now().get().await.is_err() {
            assert!(Instant::now() < end, "it does not connect again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_spend_without_enough_replicas_is_an_outage() {
    let server = [Server::start(&[])];
    run(async {
        let lonely = engine(&server, Topology::Single, 1);
        assert!(lonely.create(fresh(), record(limits(Some(1))), 0, 0).get().await.is_err());
    });
    let port = server[0].port.to_string();
    let _replica = Server::start(&["--replicaof", "127.0.0.1", &port]);
    server[0].until("state=online", &["info", "replication"]);
    run(async {
        let engine = engine(&server, Topology::Single, 1);
        let key = fresh();
        assert_eq!(engine.create(key, record(limits(Some(1))), 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(engine.spend(key, ticket(), LIFETIME).get().await, Ok(SPENT_LAST));
    });
}

/// What is in a server that an earlier version has written to is found.
#[test]
fn the_names_of_keys_stay_as_they_are() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let owned = Record { owner: [0xcd; 16], ..record(limits(Some(1))) };
        assert_eq!(engine.create([0xab; 16], owned, 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(engine.spend([0xab; 16], ticket(), LIFETIME).get().await, Ok(SPENT_LAST));
        assert_eq!(engine.count([0xef; 16], 5, 1).get().await, Ok(true));
        assert_eq!(engine.mark([0x01; 16], None).get().await, Ok(()));
    });
    let hex = |octet: &str| octet.repeat(16);
    let [alias, owner, counted, mark] = ["ab", "cd", "ef", "01"].map(hex);
    let mut expected = [
        format!("tempalias:mark:{{{mark}}}"),
        format!("tempalias:new:{{{counted}}}"),
        format!("tempalias:owner:{{{owner}}}"),
        format!("tempalias:{{{alias}}}"),
        format!("tempalias:{{{alias}}}:unsettled"),
    ];
    expected.sort();
    let names = server[0].cli(&["keys", "*"]);
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_unstable();
    assert_eq!(names, expected);
    let fields = server[0].cli(&["hkeys", &format!("tempalias:{{{alias}}}")]);
    assert_eq!(fields.lines().collect::<Vec<_>>(), ["spent", "manage", "owner", "sealed", "max-usage"]);
}

fn key_of(alias: Key) -> String {
    super::alias_key(&alias)
}

/// When the alias ends by its owner's index, in seconds; infinite if never.
fn end_in_index(server: &Server, owner: Owner, alias: Key) -> f64 {
    let (index, alias) = (super::owners::index_key(&owner), super::encoding::hex(&alias));
    server.cli(&["zscore", &index, &alias]).trim().parse().unwrap()
}

/// The last use is spent and given back, and eight days pass: the alias lives, so that its owner's index must list it.
#[test]
fn an_alias_whose_last_use_came_back_is_found_by_its_owner() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let (key, mine, last) = (fresh(), record(limits(Some(1))), ticket());
        assert_eq!(engine.create(key, mine.clone(), 0, 0).get().await, Ok(Creation::Made));
        for settled in [false, true] {
            assert_eq!(engine.spend(key, last, LIFETIME).get().await, Ok(SPENT_LAST));
            assert!(server[0].cli(&["ttl", &key_of(key)]).trim() != "-1", "used up, it ends");
            assert!(end_in_index(&server[0], mine.owner, key).is_infinite(), "it may still come back");
            if settled {
                assert_eq!(engine.settle(key, last).get().await, Ok(()));
                assert!(end_in_index(&server[0], mine.owner, key).is_finite());
            } else {
                assert_eq!(engine.refund(key, last).get().await, Ok(()));
                assert_eq!(server[0].cli(&["ttl", &key_of(key)]).trim(), "-1");
                assert!(end_in_index(&server[0], mine.owner, key).is_infinite());
                // What the index drops eight days later.
                let then = (engine.now().get().await.unwrap() + 8 * crate::alias::DAY).to_string();
                server[0].cli(&["zremrangebyscore", &super::owners::index_key(&mine.owner), "0", &then]);
            }
        }
        assert_eq!(engine.forget(mine.owner).get().await, Ok(1));
    });
}

/// An earlier version told the index of the earlier end when the last use was spent.
#[test]
fn a_refund_lists_the_alias_again() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let (key, mine, last) = (fresh(), record(limits(Some(1))), ticket());
        assert_eq!(engine.create(key, mine.clone(), 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(engine.spend(key, last, LIFETIME).get().await, Ok(SPENT_LAST));
        for _ in 0..2 {
            // As if the index had not been told, although the use was given back.
            server[0].cli(&["del", &super::owners::index_key(&mine.owner)]);
            assert_eq!(engine.refund(key, last).get().await, Ok(()));
            assert!(end_in_index(&server[0], mine.owner, key).is_infinite());
        }
        assert_eq!(engine.read(key).get().await.unwrap().unwrap().state.spent, 0);
        assert_eq!(engine.forget(mine.owner).get().await, Ok(1));
    });
}

/// P9: a spend whose answer was lost may reach the server after its undo.
#[test]
fn a_spend_that_comes_after_its_undo_is_refused() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let key = fresh();
        assert_eq!(engine.create(key, record(limits(Some(1))), 0, 0).get().await, Ok(Creation::Made));
        let spent = async || engine.read(key).get().await.unwrap().unwrap().state.spent;
        let (stalled, counted) = (ticket(), ticket());
        for _ in 0..2 {
            assert_eq!(engine.undo(key, stalled, LIFETIME).get().await, Ok(()));
            assert_eq!(engine.spend(key, stalled, LIFETIME).get().await, Ok(SpendOutcome::No));
        }
        assert!(matches!(engine.admit(key).get().await, Ok(AdmitOutcome::Admitted { remaining: Some(1), .. })));
        assert_eq!(engine.spend(key, counted, LIFETIME).get().await, Ok(SPENT_LAST));
        assert_eq!(engine.undo(key, counted, LIFETIME).get().await, Ok(()));
        assert_eq!(spent().await, 0, "it had been counted");
        assert_eq!(engine.spend(key, counted, LIFETIME).get().await, Ok(SpendOutcome::No));
        let last = ticket();
        assert_eq!(engine.spend(key, last, LIFETIME).get().await, Ok(SPENT_LAST));
        assert_eq!(engine.settle(key, last).get().await, Ok(()));
        assert!(engine.admit(key).get().await == Ok(AdmitOutcome::No), "what is undone keeps nobody waiting");
    });
}

/// The set of unsettled uses lives for as long as the longest of them.
#[test]
fn an_unsettled_use_is_kept_for_its_lifetime() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let key = fresh();
        let unsettled = format!("{}:unsettled", key_of(key));
        assert_eq!(engine.create(key, record(limits(Some(9))), 0, 0).get().await, Ok(Creation::Made));
        for (lifetime, at_least) in [(630, 620), (60, 620), (1_000, 990)] {
            let lifetime = Duration::from_secs(lifetime);
            assert_eq!(engine.spend(key, ticket(), lifetime).get().await, Ok(SPENT));
            let left: u64 = server[0].cli(&["ttl", &unsettled]).trim().parse().unwrap();
            assert!(left >= at_least, "{left}");
        }
        // Nine minutes later: its time to live is 90 seconds.
        let nearly_over = ticket();
        assert_eq!(engine.spend(key, nearly_over, Duration::from_secs(630 - 540)).get().await, Ok(SPENT));
        assert_eq!(engine.refund(key, nearly_over).get().await, Ok(()));
        assert_eq!(engine.read(key).get().await.unwrap().unwrap().state.spent, 3);
    });
}

/// What an earlier version held is neither read nor written, and goes with its alias.
#[test]
fn holds_of_an_earlier_version_are_not_read() {
    let server = [Server::start(&[])];
    run(async {
        let engine = engine(&server, Topology::Single, 0);
        let key = fresh();
        let held = format!("{}:held", key_of(key));
        assert_eq!(engine.create(key, record(limits(Some(1))), 0, 0).get().await, Ok(Creation::Made));
        let deadline = (engine.now().get().await.unwrap() + 1_500) * 1000;
        server[0].cli(&["zadd", &held, &deadline.to_string(), "held", &format!("-{deadline}"), "spent"]);
        assert!(matches!(engine.admit(key).get().await, Ok(AdmitOutcome::Admitted { remaining: Some(1), .. })));
        let last = ticket();
        assert_eq!(engine.spend(key, last, LIFETIME).get().await, Ok(SPENT_LAST));
        assert_eq!(engine.settle(key, last).get().await, Ok(()));
        assert!(engine.admit(key).get().await == Ok(AdmitOutcome::No));
        assert_eq!(server[0].cli(&["zcard", &held]).trim(), "2");
        assert_eq!(engine.remove(key).get().await, Ok(true));
        assert_eq!(server[0].cli(&["exists", &held]).trim(), "0");
    });
}
