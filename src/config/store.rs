//! `store.url`: which engine, and how to reach it.

use super::settings::vault::{Redis, Store, Topology};
use std::path::PathBuf;
use std::time::Duration;

/// Parses `redb:/path`, `redis://…`, `rediss://…`, `redis+cluster://host,host` and
/// `redis+sentinel://host,host/master` (each Redis scheme also with TLS: `rediss+…`).
pub(super) fn parse(url: &str, min_replicas: u32, timeout: Duration, ca_file: PathBuf) -> Result<Store, String> {
    if let Some(path) = url.strip_prefix("redb:") {
        let path = PathBuf::from(path);
        return if path.is_absolute() {
            Ok(Store::Redb { path })
        } else {
            Err("redb: needs an absolute path, like \"redb:/var/lib/tempalias/aliases.redb\"".to_owned())
        };
    }
    let wrong =
        || "must start with redb:, redis://, rediss://, redis+cluster://, redis+sentinel:// (or rediss+…)".to_owned();
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let (plain, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
    if !matches!(plain, "redis" | "rediss") {
        return Err(wrong());
    }
    let (nodes, topology) = match kind {
        "" => (vec![url.to_owned()], Topology::Single),
        "cluster" => (nodes(plain, rest)?, Topology::Cluster),
        "sentinel" => {
            let (hosts, master) =
                rest.split_once('/').filter(|(_, m)| !m.is_empty()).ok_or("needs the master's name after a slash")?;
            (nodes(plain, hosts)?, Topology::Sentinel { master: master.to_owned() })
        }
        _ => return Err(wrong()),
    };
    Ok(Store::Redis(Redis { nodes, topology, min_replicas, timeout, ca_file }))
}

/// `user:password@host:port,host:port`: the credentials are those of every node.
fn nodes(scheme: &str, rest: &str) -> Result<Vec<String>, String> {
    let (credentials, hosts) = match rest.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), rest),
    };
    let hosts = hosts.trim_end_matches('/');
    if hosts.split(',').any(str::is_empty) {
        return Err("must name its hosts, separated by commas".to_owned());
    }
    Ok(hosts.split(',').map(|host| format!("{scheme}://{credentials}{host}")).collect())
}
