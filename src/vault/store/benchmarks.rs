//! What the table costs, at a thousand, a million and ten million aliases. Run by `benches/run`.

use super::redb::Redb;
use super::redis::Redis;
use super::redis::server::Server;
use super::tests::{LIFETIME, SPENT, fresh, limits, record, ticket};
use super::{AdmitOutcome, Engine, Key};
use crate::config::settings::Secret;
use crate::config::settings::vault::{Redis as RedisSettings, Topology};
use crate::wire::Ticket;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Requests under way at the same time when a table is filled, and when spends share commits.
const AT_ONCE: usize = 1000;
const TOGETHER: usize = 32;

/// Sizes; the largest only when asked for.
fn sizes() -> Vec<u64> {
    let large = std::env::var_os("TEMPALIAS_BENCH_LARGE").is_some();
    [1_000, 1_000_000].into_iter().chain(large.then_some(10_000_000)).collect()
}

/// The n-th key: spread like the keyed hashes that they are.
fn key(n: u64) -> Key {
    let digest = ring::digest::digest(&ring::digest::SHA256, &n.to_le_bytes());
    let mut key = Key::default();
    key.copy_from_slice(&digest.as_ref()[..16]);
    key
}

async fn fill(engine: &impl Engine, from: u64, to: u64) {
    let mut n = from;
    while n < to {
        let some: Vec<_> = (n..to.min(n + AT_ONCE as u64))
            .map(|n| {
                // As long as a sealed address usually is.
                let sealed = vec![7; 48].into();
                tokio::task::spawn_local(
                    engine.create(key(n), super::Record { sealed, ..record(limits(Some(100))) }, 0, 0).get(),
                )
            })
            .collect();
        for made in some {
            assert_eq!(made.await.unwrap(), Ok(super::Creation::Made));
            n += 1;
        }
    }
}

/// Median and 99th percentile, µs.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |p: usize| times[times.len() * p / 100].as_secs_f64() * 1e6;
    (at(50), at(99))
}

async fn measure(engine: &impl Engine, size: u64) -> String {
    let pick = |n: u64| key(n.wrapping_mul(7_919) % size);
    let mut admits = Vec::new();
    for n in 0..20_000_u64 {
        let key = pick(n);
        let start = Instant::now();
        let outcome = engine.admit(key).get().await;
        admits.push(start.elapsed());
        assert!(matches!(outcome, Ok(AdmitOutcome::Admitted { .. })), "admit");
    }
    let misses = {
        let start = Instant::now();
        for _ in 0..20_000 {
            assert!(matches!(engine.admit(fresh()).get().await, Ok(AdmitOutcome::No)));
        }
        start.elapsed().as_secs_f64() * 1e6 / 20_000.0
    };
    engine.expected_spends().store(TOGETHER, Ordering::Relaxed);
    let spent: Vec<_> = (0..4_000).map(|n| (pick(5 * n), ticket())).collect();
    let start = Instant::now();
    for some in spent.chunks(TOGETHER) {
        let spend =
            |&(key, ticket): &(Key, Ticket)| tokio::task::spawn_local(engine.spend(key, ticket, LIFETIME).get());
        let spends: Vec<_> = some.iter().map(spend).collect();
        for spend in spends {
            assert_eq!(spend.await.unwrap(), Ok(SPENT));
        }
    }
    let spends = spent.len() as f64 / start.elapsed().as_secs_f64();
    engine.expected_spends().store(0, Ordering::Relaxed);
    for (key, ticket) in spent {
        engine.settle(key, ticket).get().await.unwrap();
    }
    let (p50, p99) = percentiles(admits);
    format!(
        "admit {p50:>6.1} µs, p99 {p99:>6.1} µs; unknown {misses:>5.1} µs; spend {spends:>7.0}/s, {TOGETHER} at once"
    )
}

/// Resident memory of this process, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "a measurement, see benches/run"]
fn table_benchmarks_of_redb() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    tokio::runtime::LocalRuntime::new().unwrap().block_on(async {
        let engine = Redb::open(&path, [1; 16]).unwrap();
        let (before, mut have) = (resident(), 0);
        for size in sizes() {
            let start = Instant::now();
            fill(&engine, have, size).await;
            let rate = (size - have) as f64 / start.elapsed().as_secs_f64();
            have = size;
            let measured = measure(&engine, size).await;
            let disk = std::fs::metadata(&path).unwrap().len() / size;
            let memory = resident().saturating_sub(before) * 1024 / size;
            println!("redb  {size:>9} aliases: {measured}; create {rate:.0}/s, {AT_ONCE} at once; {disk} B on disk, {memory} B in memory an alias");
        }
    });
}

#[test]
#[ignore = "a measurement, see benches/run"]
fn table_benchmarks_of_redis() {
    let server = Server::start(&[]);
    tokio::runtime::LocalRuntime::new().unwrap().block_on(async {
        let nodes = vec![Secret::new(format!("redis://127.0.0.1:{}", server.port))];
        let timeout = Duration::from_secs(10);
        let engine =
            Redis::open(&RedisSettings { nodes, topology: Topology::Single, min_replicas: 0, timeout, ca_file: "/nowhere".into() }).unwrap();
        let mut have = 0;
        for size in sizes() {
            let start = Instant::now();
            fill(&engine, have, size).await;
            let rate = (size - have) as f64 / start.elapsed().as_secs_f64();
            have = size;
            let measured = measure(&engine, size).await;
            let info = server.cli(&["info", "memory"]);
            let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
            let memory = used.trim().parse::<u64>().unwrap() / size;
            println!("redis {size:>9} aliases: {measured}; create {rate:.0}/s, {AT_ONCE} at once; {memory} B in memory an alias");
        }
    });
}
