//! The shipped file is valid; every fault is told with its line.

use super::settings::Secret;
use super::settings::vault::{Store, Topology};
use super::*;
use std::time::Duration;

const GOOD: &str = "hostname = \"mx.example.org\"\ndomains = [\"example.org\"]\npostmaster = \"me@example.net\"\n[relay]\nsmarthost = \"127.0.0.1:10025\"\n";

fn faults(text: &str) -> Vec<(Option<usize>, String)> {
    parse(text).faults.into_iter().map(|fault| (fault.line, fault.message)).collect()
}

#[test]
fn domains_are_one_in_either_label_and_leave_room_for_a_name() {
    let with = |domain: &str| parse(&GOOD.replace("\"example.org\"", &format!("\"{domain}\"")));
    for domain in ["m\u{fc}ller.test", "M\u{dc}LLER.test.", "xn--mller-kva.test"] {
        let config = with(domain).config.unwrap();
        assert_eq!(config.smtp.live.domains[0].as_str(), "xn--mller-kva.test");
    }
    let circle =
        GOOD.replace("\"example.org\"", "\"xn--mller-kva.test\"").replace("me@example.net", "me@m\u{fc}ller.test");
    assert!(parse(&circle).faults[0].message.contains("in one of our own domains"));
    let long = |octets: usize| format!("{}.org", [&"a".repeat(59)[..]; 4].join(".") + &"b".repeat(octets - 243));
    assert!(with(&long(243)).faults[0].message.contains("no alias fits into it"));
    let fits = ["a".repeat(59), "a".repeat(59), "a".repeat(59), "a".repeat(57), "org".to_owned()].join(".");
    assert!(fits.len() == 241 && with(&fits).config.is_some());
}

#[test]
fn own_networks_are_this_host_unless_the_file_says_otherwise() {
    let networks = |smtp: &str| parse(&format!("{GOOD}[smtp]\n{smtp}")).config.unwrap().smtp.live.own_networks;
    let shown = |smtp: &str| networks(smtp).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(""), ["127.0.0.0/8", "::1/128"]);
    assert!(shown("own_networks = []").is_empty());
    assert_eq!(shown("own_networks = ['192.0.2.1', '2001:db8::/32']"), ["192.0.2.1/32", "2001:db8::/32"]);
}

#[test]
fn the_shipped_file_is_valid() {
    let parsed = parse(include_str!("../../packaging/tempalias.toml"));
    assert_eq!(parsed.faults, []);
    assert!(parsed.config.is_some());
}

#[test]
fn every_default_in_the_shipped_file_is_the_default() {
    let shipped = include_str!("../../packaging/tempalias.toml");
    let uncommented: String = shipped
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with([' ', '#']) && rest.contains([' ', '[']) => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let with_all = parse(&uncommented);
    assert_eq!(with_all.faults, [], "{uncommented}");
    let (all, none) = (with_all.config.unwrap(), parse(shipped).config.unwrap());
    assert_eq!(all.smtp, none.smtp);
    assert_eq!(all.relay, none.relay);
    assert_eq!(all.web, none.web);
    assert!(all.vault.fixed == none.vault.fixed);
    assert_eq!(all.monitor, none.monitor);
}

#[test]
fn all_faults_at_once_each_with_its_line() {
    let found = faults(
        "hostnam = \"x\"\ndomains = \"example.org\"\n[relay]\nsmarthost = 25\n[limits]\nmax_days = 0\n[web]\nlisten = [\"80\"]\n",
    );
    let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(4), Some(6), Some(8), None], "{found:?}");
    assert!(found[0].1.contains("did you mean hostname?"));
}

#[test]
fn broken_toml_names_its_line() {
    assert_eq!(faults("hostname = \"a.b\"\ndomains = [\n\n[x")[0].0.map(|l| l > 1), Some(true));
}

#[test]
fn keys_of_older_versions_are_taken_with_a_warning() {
    let limits = |keys: &str| parse(&format!("{GOOD}[limits]\n{keys}\n"));
    for (old, new) in [("letters", "emails_per_day"), ("letters_per_address", "emails_per_address")] {
        let parsed = limits(&format!("{old} = 7"));
        assert_eq!(parsed.faults, []);
        let [warning] = &parsed.warnings[..] else { panic!("{:?}", parsed.warnings) };
        let message = format!("limits.{old} is now limits.{new}: rename it");
        assert_eq!((warning.line, &warning.message), (Some(7), &message));
        assert!(parsed.config.unwrap().vault.live == limits(&format!("{new} = 7")).config.unwrap().vault.live);
        // The new name is the one to suggest, and it is not lost when both are there.
        assert!(limits(&format!("{new}s = 7")).faults[0].message.contains(&format!("did you mean {new}?")));
        let both = limits(&format!("{new} = 7\n{old} = 7")).faults;
        assert_eq!(both.len(), 1, "{both:?}");
        let message = format!("limits.{old} is the old name of limits.{new}, and both are set: remove it");
        assert_eq!((both[0].line, &both[0].message), (Some(8), &message));
        assert!(limits(&format!("{old} = -1")).faults[0].message.contains("whole number"));
    }
}

#[test]
fn loops_are_refused() {
    let to_itself = GOOD.replace("[relay]", "[smtp]\nlisten = [\"127.0.0.1:10025\"]\n[relay]");
    assert!(faults(&to_itself)[0].1.contains("circles"));
    assert!(faults(&GOOD.replace("me@example.net", "me@Example.ORG"))[0].1.contains("circles"));
}

#[test]
fn stores() {
    let store = |url: &str| parse(&format!("{GOOD}[store]\nurl = \"{url}\"\n")).config.map(|c| c.vault.fixed.store);
    assert!(matches!(store("redb:/tmp/x"), Some(Store::Redb { .. })));
    let Some(Store::Redis(cluster)) = store("rediss+cluster://u:p@a:1,b:2") else { panic!() };
    let nodes: Vec<_> = cluster.nodes.iter().map(Secret::expose).collect();
    assert_eq!(nodes, ["rediss://u:p@a:1", "rediss://u:p@b:2"]);
    let Some(Store::Redis(sentinel)) = store("redis+sentinel://a:1,b:2/main") else { panic!() };
    assert_eq!(sentinel.topology, Topology::Sentinel { master: "main".to_owned() });
    for bad in ["redb:x", "mysql://", "redis", "redis+cluster://a,,b", "redis+sentinel://a"] {
        assert!(store(bad).is_none(), "{bad}");
    }
}

#[test]
fn proxies() {
    let web = |keys: &str| parse(&format!("{GOOD}[web]\n{keys}\n"));
    let trusted = |given: &str| {
        let config = web(&format!("trusted_proxies = [\"{given}\"]")).config?;
        Some(config.web.live.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    for (given, expected) in [
        ("127.0.0.1", "127.0.0.1/32"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::/0", "::/0"),
    ] {
        assert_eq!(trusted(given).as_deref(), Some(expected), "{given}");
    }
    for (given, advice) in [
        ("10.1.2.3/8", "write \"10.0.0.0/8\""),
        ("2001:db8::1/32", "write \"2001:db8::/32\""),
        ("proxy.example", "write an address or a network"),
        ("10.0.0.0/33", "write an address or a network"),
        ("10.0.0.0:80", "write an address or a network"),
    ] {
        let found = web(&format!("trusted_proxies = [\"{given}\"]")).faults;
        assert!(found.len() == 1 && found[0].message.contains(advice) && found[0].line == Some(7), "{found:?}");
    }
    let found = web("proxy_protocol = true").faults;
    assert!(
        found[0].message.contains("name the proxy in web.trusted_proxies") && found[0].line == Some(7),
        "{found:?}"
    );
    assert_eq!(web("proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]").faults, []);
    assert!(web("proxy_protocol = 1").faults[0].message.contains("true or false"));
    assert!(web("trusted_proxies = [\"0.0.0.0/0\"]").warnings[0].message.contains("which is everybody"));
}

/// Each key that takes a restart is named when it changes, it alone, and nothing of it reaches a running role.
#[test]
fn every_key_that_takes_a_restart_is_named() {
    let redis = format!("{GOOD}[store]\nurl = \"redis://a\"\n");
    let add = |section: &str, key: &str| format!("{GOOD}[{section}]\n{key}\n").replace("[relay]\n[", "[");
    let relay = |key: &str| format!("{GOOD}{key}\n");
    let root = |key: &str| format!("{key}\n{GOOD}");
    let changed = |of: &str, to: &str| GOOD.replace(of, to);
    for (old, new, expected) in [
        (GOOD, changed("mx.", "mx2."), "hostname for EHLO to the smarthost"),
        (GOOD, changed("10025", "10026"), "smarthost under [relay]"),
        (GOOD, relay("connect_timeout = \"11s\""), "connect_timeout under [relay]"),
        (GOOD, relay("command_timeout = \"11s\""), "command_timeout under [relay]"),
        (GOOD, relay("data_init_timeout = \"11s\""), "data_init_timeout under [relay]"),
        (GOOD, relay("data_block_timeout = \"11s\""), "data_block_timeout under [relay]"),
        (GOOD, relay("data_end_timeout = \"11s\""), "data_end_timeout under [relay]"),
        (GOOD, relay("processes = 2"), "processes under [relay]"),
        (GOOD, add("smtp", "transaction_timeout = \"11s\""), "transaction_timeout under [smtp]"),
        (GOOD, add("smtp", "listen = [\"[::1]:25\"]"), "listen under [smtp]"),
        (GOOD, add("smtp", "processes = 2"), "processes under [smtp]"),
        (GOOD, add("web", "listen = [\"[::1]:80\"]"), "listen under [web]"),
        (GOOD, add("web", "processes = 2"), "processes under [web]"),
        (GOOD, add("web", "dnsbl = [\"zen.example\"]"), "dnsbl under [web]"),
        (GOOD, add("metrics", "listen = [\"[::1]:9\"]"), "listen under [metrics]"),
        (GOOD, add("store", "key_file = \"/k\""), "key_file under [store]"),
        (GOOD, add("store", "url = \"redb:/t\""), "url under [store]"),
        (GOOD, add("store", "url = \"redis://a\""), "url under [store]"),
        (&redis, redis.replace("//a", "//b"), "url under [store]"),
        (&redis, format!("{redis}min_replicas = 1\n"), "min_replicas under [store]"),
        (&redis, format!("{redis}timeout = \"1s\"\n"), "timeout under [store]"),
        (&redis, format!("{redis}ca_file = \"/c\"\n"), "ca_file under [store]"),
        (GOOD, root("user = \"other\""), "user"),
        (GOOD, root("group = \"other\""), "group"),
        (GOOD, root("runtime_dir = \"/r\""), "runtime_dir"),
        (GOOD, root("drain = \"11s\""), "drain"),
    ] {
        let [old, new] = [old, &new].map(|text| parse(text).config.unwrap_or_else(|| panic!("{:?}", faults(text))));
        assert_eq!(old.restart_keys(&new), [expected]);
        assert_eq!(old.restart_keys(&old.reloaded(new)), [""; 0], "{expected}");
    }
}

#[test]
fn every_other_key_is_taken_by_a_reload() {
    let old = parse(GOOD).config.unwrap();
    let live = GOOD.replace("\"example.org\"", "\"example.net\"").replace("me@example.net", "me@example.com")
        + "max_connections = 7\nmax_idle = 6\nidle_timeout = \"11s\"\nreverse_path = \"keep\"\n\
           [smtp]\nmax_sessions = 7\ngreeting_delay = \"1s\"\n[web]\nurl = \"https://a.example\"\nconfirm = true\n\
           [limits]\nmax_days = 7\ncreations_per_client = 7\nreserved = [\"a\"]\n";
    let new = parse(&live).config.unwrap();
    assert_eq!(old.restart_keys(&new), [""; 0]);
    let reloaded = old.reloaded(new.clone());
    assert_eq!((&reloaded.smtp, &reloaded.relay, &reloaded.web), (&new.smtp, &new.relay, &new.web));
    assert!(reloaded.vault == new.vault && reloaded.vault != old.vault);
}

/// A use that was spent can be given back until relay has its last answer, however slow each phase is.
#[test]
fn a_ticket_outlives_every_phase_of_relay() {
    const HOUR: Duration = Duration::from_secs(3_600);
    let lifetime = |keys: &str| parse(&format!("{GOOD}{keys}\n")).config.unwrap().vault.fixed.ticket_lifetime;
    let usual = lifetime("");
    for phase in ["connect", "command", "data_init", "data_block", "data_end"] {
        let slow = lifetime(&format!("{phase}_timeout = \"1h\""));
        assert!(slow >= HOUR && slow > usual, "{phase}: {slow:?}");
    }
    assert!(lifetime("[smtp]\ntransaction_timeout = \"1h\"") > usual + HOUR / 2);
}

#[test]
fn block_lists_take_a_restart() {
    let with = |zones: &str| parse(&format!("{GOOD}[web]\ndnsbl = {zones}\n"));
    let (none, one) = (with("[]").config.unwrap(), with("[\"zen.example\"]").config.unwrap());
    assert!(
        one.web.fixed.asks_blocklists
            && !none.web.fixed.asks_blocklists
            && one.relay.fixed.dnsbl[0].as_str() == "zen.example"
    );
    assert_eq!(none.restart_keys(&one), ["dnsbl under [web]"]);
    let changed = none.reloaded(one);
    assert!(!changed.web.fixed.asks_blocklists && changed.relay.fixed.dnsbl.is_empty());
    assert!(with("[\"zen example\"]").faults[0].message.contains("write a zone"));
}

#[test]
fn smarthosts() {
    let host = |host: &str| {
        parse(&GOOD.replace("127.0.0.1:10025", host))
            .config
            .map(|c| (c.relay.fixed.smarthost.name, c.relay.fixed.smarthost.port))
    };
    assert_eq!(host("mail.example.net"), Some(("mail.example.net".to_owned(), 25)));
    assert_eq!(host("[2001:db8::1]:587"), Some(("2001:db8::1".to_owned(), 587)));
    assert_eq!(host("2001:db8::1"), Some(("2001:db8::1".to_owned(), 25)));
    assert_eq!(host("mail.example.net:0"), None);
}
