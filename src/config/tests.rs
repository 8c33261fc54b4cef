//! The shipped file is valid; every fault is told with its line.

use super::settings::{Store, Topology};
use super::*;

const GOOD: &str = "hostname = \"mx.example.org\"\ndomains = [\"example.org\"]\npostmaster = \"me@example.net\"\n[relay]\nsmarthost = \"127.0.0.1:10025\"\n";

fn faults(text: &str) -> Vec<(Option<usize>, String)> {
    parse(text).faults.into_iter().map(|n| (n.line, n.what)).collect()
}

#[test]
fn the_shipped_file_is_valid() {
    let outcome = parse(include_str!("../../packaging/tempalias.toml"));
    assert_eq!(outcome.faults, []);
    assert!(outcome.config.is_some());
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
    assert!(all.vault.ticket_lifetime == none.vault.ticket_lifetime && all.vault.store == none.vault.store);
    assert_eq!((all.smtp_listen, all.web_listen), (none.smtp_listen, none.web_listen));
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
fn loops_are_refused() {
    let to_itself = GOOD.replace("[relay]", "[smtp]\nlisten = [\"127.0.0.1:10025\"]\n[relay]");
    assert!(faults(&to_itself)[0].1.contains("circles"));
    assert!(faults(&GOOD.replace("me@example.net", "me@Example.ORG"))[0].1.contains("circles"));
}

#[test]
fn stores() {
    let store = |url: &str| parse(&format!("{GOOD}[store]\nurl = \"{url}\"\n")).config.map(|c| c.vault.store);
    assert!(matches!(store("redb:/tmp/x"), Some(Store::Redb { .. })));
    let Some(Store::Redis(cluster)) = store("rediss+cluster://u:p@a:1,b:2") else { panic!() };
    assert_eq!(cluster.nodes, ["rediss://u:p@a:1", "rediss://u:p@b:2"]);
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
        Some(config.web.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
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
        assert!(found.len() == 1 && found[0].what.contains(advice) && found[0].line == Some(7), "{found:?}");
    }
    let found = web("proxy_protocol = true").faults;
    assert!(found[0].what.contains("name the proxy in web.trusted_proxies") && found[0].line == Some(7), "{found:?}");
    assert_eq!(web("proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]").faults, []);
    assert!(web("proxy_protocol = 1").faults[0].what.contains("true or false"));
    assert!(web("trusted_proxies = [\"0.0.0.0/0\"]").warnings[0].what.contains("which is everybody"));
}

#[test]
fn block_lists_take_a_restart() {
    let with = |zones: &str| parse(&format!("{GOOD}[web]\ndnsbl = {zones}\n"));
    let (none, one) = (with("[]").config.unwrap(), with("[\"zen.example\"]").config.unwrap());
    assert!(one.web.dnsbl && !none.web.dnsbl && one.relay.dnsbl[0].as_str() == "zen.example");
    assert_eq!(none.fixed_that_differ(&one), ["dnsbl under [web]"]);
    let changed = none.with_changes(one);
    assert!(!changed.web.dnsbl && changed.relay.dnsbl.is_empty());
    assert!(with("[\"zen example\"]").faults[0].what.contains("write a zone"));
}

#[test]
fn smarthosts() {
    let host = |host: &str| {
        parse(&GOOD.replace("127.0.0.1:10025", host)).config.map(|c| (c.relay.smarthost.name, c.relay.smarthost.port))
    };
    assert_eq!(host("mail.example.net"), Some(("mail.example.net".to_owned(), 25)));
    assert_eq!(host("[2001:db8::1]:587"), Some(("2001:db8::1".to_owned(), 587)));
    assert_eq!(host("2001:db8::1"), Some(("2001:db8::1".to_owned(), 25)));
    assert_eq!(host("mail.example.net:0"), None);
}
