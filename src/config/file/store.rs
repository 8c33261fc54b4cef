//! `[store]`: where aliases are kept, and the key that seals them.

use super::SECOND;
use super::root::Root;
use crate::config::section::Section;
use crate::config::settings::Secret;
use crate::config::settings::vault::{self, Redis, Topology};
use crate::config::values::{absolute_path, duration, number, text};
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// Where Debian keeps the certificates of authorities.
const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The values of this section.
pub(super) struct Store {
    pub(super) store: vault::Store,
    pub(super) key_file: PathBuf,
    /// How long one step of a Redis may take.
    pub(super) timeout: Duration,
}

/// Reads the section.
pub(super) fn read(mut section: Section<'_, '_>, root: &Root) -> Store {
    let timeout = section.take("timeout", duration).unwrap_or(5 * SECOND);
    let min_replicas = section.take("min_replicas", number(0)).unwrap_or(0);
    let ca_file = section.take("ca_file", absolute_path).unwrap_or_else(|| CA_FILE.into());
    let key_file = section.take("key_file", absolute_path).unwrap_or_else(|| root.state_dir.join("server.key"));
    let url = |value: &DeValue<'_>| parse(&text(value)?, min_replicas, timeout, ca_file);
    let default = || vault::Store::Redb { path: root.state_dir.join("aliases.redb") };
    Store { store: section.take("url", url).unwrap_or_else(default), key_file, timeout }
}

/// Parses `redb:/path`, `redis://…`, `rediss://…`, `redis+cluster://host,host` and
/// `redis+sentinel://host,host/master` (each Redis scheme also with TLS: `rediss+…`).
fn parse(url: &str, min_replicas: u32, timeout: Duration, ca_file: PathBuf) -> Result<vault::Store, String> {
    if let Some(path) = url.strip_prefix("redb:") {
        let path = PathBuf::from(path);
        return if path.is_absolute() {
            Ok(vault::Store::Redb { path })
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
        "" => (vec![Secret::new(url.to_owned())], Topology::Single),
        "cluster" => (nodes(plain, rest)?, Topology::Cluster),
        "sentinel" => {
            let (hosts, master) =
                rest.split_once('/').filter(|(_, m)| !m.is_empty()).ok_or("needs the master's name after a slash")?;
            (nodes(plain, hosts)?, Topology::Sentinel { master: master.to_owned() })
        }
        _ => return Err(wrong()),
    };
    Ok(vault::Store::Redis(Redis { nodes, topology, min_replicas, timeout, ca_file }))
}

/// `user:password@host:port,host:port`: the credentials are those of every node.
fn nodes(scheme: &str, rest: &str) -> Result<Vec<Secret>, String> {
    let (credentials, hosts) = match rest.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), rest),
    };
    let hosts = hosts.trim_end_matches('/');
    if hosts.split(',').any(str::is_empty) {
        return Err("must name its hosts, separated by commas".to_owned());
    }
    Ok(hosts.split(',').map(|host| Secret::new(format!("{scheme}://{credentials}{host}"))).collect())
}
