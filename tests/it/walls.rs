//! P6, P8: what a process of the daemon that has been taken over cannot do.
//!
//! - In every role, each action of the hidden probe is refused or kills the process; the table is printed.
//! - The same on a kernel without Landlock, but for what only Landlock gives: the ports that `relay` may connect to.
//! - Started as root in a network namespace of its own it binds 25 and 80, and nobody keeps root.
//! - A Redis by name and over TLS is reached from within the walls, where no file can be opened.
//! - The memory of `smtp` and `web` holds no real address while messages to fifty are under way; `relay`'s does, and
//!   has forgotten them all once the messages are delivered.

use crate::fixture::{
    Client, DEADLINE, DEADLINE_SECONDS, Daemon, RedisServer, Smarthost, Store, directory, free_port, signal, until,
};
use seccompiler::{SeccompAction, SeccompFilter, TargetArch};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempalias::testing::ROLES;
use tempfile::TempDir;

/// An address that is routed on the Internet, and in the test's namespace is this host.
const PUBLIC: &str = "198.51.100.25";

const ACTIONS: [&str; 15] = [
    "open=/etc/passwd",
    "connect=127.0.0.1:25",
    "connect=198.51.100.25:25",
    "fastopen=198.51.100.25:25",
    "multipath=198.51.100.25:25",
    "redial",
    "deafen",
    "knock=/admin.sock",
    "execute=/bin/true",
    "trace",
    "peek",
    "write=./probe",
    "write=/probe",
    "root",
    "listen",
];

/// Those that connect over TCP: to the next host, to Redis.
const MAY_DIAL: [&str; 2] = ["relay", "vault on Redis"];

/// The daemon as root starts it, with no systemd: in a network namespace where ports 25 and 80 are free.
struct Alone {
    dir: TempDir,
    child: Child,
}

impl Alone {
    fn start(arguments: &[&str], store: &str, without_landlock: bool) -> Self {
        let dir = directory();
        let path = dir.path().display();
        let configuration = format!(
            "hostname = 'mx.example.org'\ndomains = ['example.org']\nruntime_dir = '{path}/run'\nstate_dir = '{path}'\n\
             user = 'nobody'\ngroup = 'nogroup'\npostmaster = 'me@example.net'\n[relay]\nsmarthost = '127.0.0.1:10025'\n\
             [smtp]\nlisten = ['127.0.0.1:25', '{PUBLIC}:25']\n[web]\nlisten = ['[::]:80']\n[store]\n{store}\n"
        );
        fs::write(dir.path().join("tempalias.toml"), configuration).unwrap();
        let script = format!("ip link set lo up && ip addr add {PUBLIC}/32 dev lo && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_tempalias"), "serve", "--config"]);
        command.arg(dir.path().join("tempalias.toml")).args(arguments);
        command.env_remove("JOURNAL_STREAM").env_remove("LISTEN_FDS").stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(dir.path().join("log")).unwrap());
        // What a thread has taken upon itself, the programs it starts inherit.
        let child = std::thread::spawn(move || {
            if without_landlock {
                forget_landlock();
            }
            command.spawn().unwrap()
        });
        Self { dir, child: child.join().unwrap() }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    fn is_ready(&self) -> bool {
        self.log().contains(": ready")
    }

    /// What became of the probe.
    fn outcome(&mut self) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let log = self.log();
            if log.contains("probe: succeeded") {
                return "SUCCEEDED".to_owned();
            }
            if let Some((_, cause)) = log.split_once("probe: refused").and_then(|(_, rest)| rest.split_once("cause=")) {
                return cause.trim_start_matches('"').split(['(', ':']).next().unwrap_or_default().trim().to_owned();
            }
            // Of a role the monitor tells; of the monitor itself its parent learns.
            if log.contains("killed by SIGSYS") {
                return "killed".to_owned();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                return if status.signal() == Some(31) { "killed" } else { "?" }.to_owned();
            }
            assert!(Instant::now() < end, "no outcome: {log}");
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the daemon's log\n{}", self.log());
        }
    }
}

/// Has this thread, and what it starts, see a kernel that was built without Landlock.
fn forget_landlock() {
    let arch = if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    let calls = [nix::libc::SYS_landlock_create_ruleset, nix::libc::SYS_landlock_restrict_self];
    let rules: BTreeMap<i64, _> = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let absent = SeccompAction::Errno(nix::libc::ENOSYS as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, arch).unwrap();
    let program: seccompiler::BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

/// Namespaces are made by root. Elsewhere there is nothing to see.
fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("not run: making a network namespace takes root");
    }
    root
}

/// Every role's outcome of every action, printed.
fn table(without_landlock: bool) -> BTreeMap<(&'static str, &'static str), String> {
    let rows: Vec<(&'static str, &'static str, &'static str)> = std::iter::once("monitor")
        .chain(ROLES.iter().map(|role| role.name))
        .map(|role| (role, role, ""))
        .chain([("vault on Redis", "vault", "url = 'redis://127.0.0.1:6379'")])
        .collect();
    let row = |(name, role, store): (&'static str, &'static str, &'static str)| {
        std::thread::spawn(move || {
            ACTIONS.map(|action| {
                let probe = format!("{role}:{action}");
                let mut daemon = Alone::start(&["--probe", &probe], store, without_landlock);
                ((name, action), daemon.outcome())
            })
        })
    };
    let outcomes: BTreeMap<_, _> = rows
        .chunks(3)
        .flat_map(|some| {
            let threads: Vec<_> = some.iter().copied().map(row).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        })
        .collect();
    let mut text = format!(
        "\nwhat a process that was taken over gets, {} Landlock\n\n",
        if without_landlock { "without" } else { "with" }
    );
    for action in ACTIONS {
        writeln!(text, "{action}").unwrap();
        for (name, ..) in &rows {
            writeln!(text, "    {name:<16}{}", outcomes[&(*name, action)]).unwrap();
        }
    }
    println!("{text}");
    outcomes
}

#[test]
fn every_action_is_refused_in_every_role() {
    if !is_root() {
        return;
    }
    let outcomes = table(false);
    let done: Vec<_> = outcomes.iter().filter(|(_, outcome)| !is_denied(outcome)).map(|(what, _)| *what).collect();
    assert_eq!(done, MAY_DIAL.map(|role| (role, "redial")), "who may connect may connect anew");
    for role in ["monitor", "vault", "smtp", "web"] {
        for action in
            ACTIONS.iter().filter(|action| !["open", "peek", "write"].iter().any(|verb| action.starts_with(verb)))
        {
            assert_eq!(outcomes[&(role, *action)], "killed", "{role} {action}");
        }
    }
}

#[test]
fn without_landlock_only_the_ports_of_relay_are_open() {
    if !is_root() {
        return;
    }
    let outcomes = table(true);
    let done: Vec<_> = outcomes.iter().filter(|(_, outcome)| !is_denied(outcome)).map(|(what, _)| *what).collect();
    let open = |role| ["connect=127.0.0.1:25", "connect=198.51.100.25:25", "redial"].map(|action| (role, action));
    assert_eq!(done, MAY_DIAL.map(open).concat());
}

fn is_denied(outcome: &str) -> bool {
    ["killed", "Permission denied", "Operation not permitted"].contains(&outcome)
}

#[test]
fn started_as_root_nobody_keeps_root() {
    if !is_root() {
        return;
    }
    let daemon = Alone::start(&[], "", false);
    until("the daemon is ready", || daemon.is_ready());
    let monitor = daemon.child.id();
    let children = fs::read_to_string(format!("/proc/{monitor}/task/{monitor}/children")).unwrap();
    let pids: Vec<u32> =
        std::iter::once(monitor).chain(children.split_whitespace().map(|pid| pid.parse().unwrap())).collect();
    assert_eq!(pids.len(), 1 + ROLES.len());
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    let (uid, gid) = (nobody.uid.as_raw(), nobody.gid.as_raw());
    for pid in pids {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
            line.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        println!("{pid} {:?}", ["Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp"].map(field));
        assert_eq!(field("Uid"), format!("{uid} {uid} {uid} {uid}"));
        assert_eq!(field("Gid"), format!("{gid} {gid} {gid} {gid}"));
        assert_eq!(field("Groups"), gid.to_string());
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(field(set), "0000000000000000", "{set}");
        }
        assert_eq!((field("NoNewPrivs"), field("Seccomp")), ("1".to_owned(), "2".to_owned()));
        assert_eq!(fs::read_link(format!("/proc/{pid}/root")).unwrap(), daemon.dir.path().join("run"));
    }
    // It serves the ports that it has bound.
    let inside = |arguments: &[&str]| {
        let output = Command::new("nsenter").args(["-t", &monitor.to_string(), "-n"]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(inside(&["curl", "-s", "-m", DEADLINE_SECONDS, "http://127.0.0.1/healthz"]), "ok\n");
    let quit = "printf 'QUIT\\r\\n' | curl -s -m 5 telnet://127.0.0.1:25";
    assert!(inside(&["sh", "-c", quit]).starts_with("220 mx.example.org"), "{}", inside(&["sh", "-c", quit]));
    // Nothing of its own is root's.
    for file in ["aliases.redb", "server.key", "run/lock", "run/admin.sock"] {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(fs::metadata(daemon.dir.path().join(file)).unwrap().uid(), uid, "{file}");
    }
    signal(monitor, "TERM");
}

/// Octets of a process's memory, those of its program file left out, in mappings that are `wanted` by their line of
/// proc_pid_maps(5).
fn memory(pid: u32, wanted: fn(&str) -> bool) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut all = Vec::new();
    let writable = |line: &&str| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"));
    for line in maps.lines().filter(writable).filter(|line| wanted(line)) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut part = vec![0; (to - from) as usize];
        // Some special mappings cannot be read.
        if memory.read_exact_at(&mut part, from).is_ok() {
            all.extend(part);
        }
    }
    assert!(all.len() > 100_000, "the memory of {pid} was read");
    all
}

#[test]
fn the_front_knows_no_real_address() {
    if !is_root() {
        return;
    }
    let smarthost = Smarthost::start();
    // As real ones do, it repeats what it was told.
    smarthost.answer("RCPT", "250 2.1.5 you@hidden.example... Recipient ok");
    let daemon = Daemon::with(smarthost.address, &Store::Any, "");
    let aliases: Vec<_> = (0..50).map(|n| daemon.alias(&format!("zq{n}xv@hidden.example"), "\"days\":1")).collect();
    let mut clients: Vec<Client> = Vec::new();
    for alias in &aliases {
        let mut client = daemon.connect();
        client.ask("EHLO client.example", "250");
        client.ask("MAIL FROM:<a@b.example>", "250");
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
        client.ask("DATA", "354");
        client.send(b"Subject: one of fifty\r\n\r\nQm7marker\r\n");
        clients.push(client);
    }
    let count_in = |wanted, role: &str, what: &str| {
        let memory: Vec<u8> = daemon.pids_of(role).into_iter().flat_map(|pid| memory(pid, wanted)).collect();
        memory.windows(what.len()).filter(|window| *window == what.as_bytes()).count()
    };
    let count = |role: &str, what: &str| count_in(|_| true, role, what);
    // The memory is really looked at: what each must have is found in it.
    assert!(count("smtp", &aliases[49].address) > 0 && count("relay", "hidden.example") >= 50);
    for role in ["smtp", "web"] {
        assert_eq!(count(role, "hidden.example"), 0, "{role}");
    }
    for mut client in clients {
        client.ask(".", "250");
    }
    until("all have arrived", || smarthost.count() == 50);
    // Its connections stay open, to `smtp`, to the vault and to the next host, each with its buffers. A compiler that
    // does not optimise spills to the stack the last octets that memchr has compared; they stay until it is used again.
    let kept = |line: &str| !cfg!(debug_assertions) || !line.ends_with("[stack]");
    let end = Instant::now() + std::time::Duration::from_secs(5);
    while count_in(kept, "relay", "hidden.example") > 0 && Instant::now() < end {}
    assert_eq!(count_in(kept, "relay", "hidden.example"), 0, "relay has forgotten the addresses");
    assert_eq!(count_in(kept, "relay", "Qm7marker"), 0, "and what the messages said");
}

#[test]
fn a_redis_by_name_and_over_tls() {
    let dir = directory();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (ca, ca_key, key, request, certificate) =
        (path("ca.pem"), path("ca.key"), path("redis.key"), path("redis.csr"), path("redis.pem"));
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj"];
    openssl(&[&new[..], &["/CN=an authority", "-x509", "-days", "2", "-keyout", &ca_key, "-out", &ca]].concat());
    openssl(&[&new[..], &["/CN=localhost", "-keyout", &key, "-out", &request]].concat());
    fs::write(path("san"), "subjectAltName = DNS:localhost\n").unwrap();
    openssl(&[
        "x509",
        "-req",
        "-in",
        &request,
        "-CA",
        &ca,
        "-CAkey",
        &ca_key,
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        &path("san"),
        "-out",
        &certificate,
    ]);
    let port = free_port();
    let tls = ["--tls-port", &port.to_string(), "--tls-auth-clients", "no", "--tls-ca-cert-file", &ca];
    let redis = RedisServer::start(&[&tls[..], &["--tls-cert-file", &certificate, "--tls-key-file", &key]].concat());
    let smarthost = Smarthost::start();
    let store = Store::Redis(format!("rediss://localhost:{port}"), path("server.key").into());
    let daemon = Daemon::with(smarthost.address, &store, &format!("[store]\nca_file = '{ca}'"));
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("550"));
    // Another authority's word is not taken.
    let stranger = Store::Redis(format!("rediss://localhost:{port}"), path("server.key").into());
    let shipped = "[store]\nca_file = '/etc/ssl/certs/ca-certificates.crt'";
    let daemon = Daemon::with(smarthost.address, &stranger, shipped);
    assert_eq!(daemon.curl(&[], "/readyz").0, 503);
    drop(redis);
}
