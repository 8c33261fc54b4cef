//! P12 and the order of life: readiness, signals, watchdog, reload, the ends of processes, the administrator's door.

use crate::fixture::{
    Client, DEADLINE_SECONDS, Daemon, Load, RedisServer, Smarthost, Store, directory, is_gone, nothing_is_lost, signal,
    until,
};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

fn tempalias(daemon: &Daemon, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tempalias"));
    let output = command.args(arguments).arg("--config").arg(daemon.config_path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

/// What `forget --forever` adds.
const FOREVER: &str = "; new ones for this address are refused from now on\n";

#[test]
fn status_revoke_and_forget() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Redb, "");
    let alias = daemon.alias("someone@hidden.example", "\"max-usage\":5");
    let other = daemon.alias("someone@hidden.example", "\"max-usage\":5");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert!(daemon.connect().mail("a@b.example", "nobodyknows@example.org", b"x").starts_with("550"));
    let status = || {
        let (code, said) = tempalias(&daemon, &["status", "--json"]);
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str::<serde_json::Value>(&said).unwrap()
    };
    // Each process tells once a second.
    until("the metrics are there", || status()["metrics"]["smtp_recipients_unknown"] == 1);
    let now = status();
    println!("{}", tempalias(&daemon, &["status"]).1);
    let processes = now["processes"].as_array().unwrap();
    assert_eq!(processes.len(), daemon.pids().len());
    for process in processes {
        assert!(daemon.pids().contains(&(process["pid"].as_u64().unwrap() as u32)));
        assert!(process["walls"].as_str().unwrap().starts_with("seccomp, "), "{process}");
    }
    assert_eq!(now["aliases"], 2);
    for (metric, value) in [
        ("aliases_created_total", 2),
        ("smtp_messages_delivered", 1),
        ("relay_replies_2xx", 1),
        ("smtp_sessions_total", 2),
        ("store_up", 1),
        ("uses_spent_total", 1),
        ("web_responses_2xx", 2),
    ] {
        until(metric, || status()["metrics"][metric] == value);
    }
    // The same for Prometheus, without a name or an address.
    let door = daemon.dir().join("run/admin.sock");
    let metrics = Command::new("curl")
        .args(["-s", "-m", DEADLINE_SECONDS, "--unix-socket"])
        .arg(door)
        .arg("http://x/metrics")
        .output();
    let metrics = String::from_utf8(metrics.unwrap().stdout).unwrap();
    assert!(metrics.contains("\ntempalias_smtp_messages_total{result=\"delivered\"} 1\n"), "{metrics}");
    assert!(!metrics.contains('@') && !metrics.contains("hidden") && !metrics.contains(&alias.aid));

    assert_eq!(tempalias(&daemon, &["revoke", &alias.address]), (Some(0), "1 alias removed\n".to_owned()));
    assert_eq!(tempalias(&daemon, &["revoke", &alias.address]), (Some(67), "tempalias: no such alias\n".to_owned()));
    assert_eq!(tempalias(&daemon, &["revoke", "me@elsewhere.example"]).0, Some(65));
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("550"));
    assert_eq!(tempalias(&daemon, &["forget", "--json", "someone@hidden.example"]).1, "{\"removed\":1}\n");
    assert!(daemon.connect().mail("a@b.example", &other.address, b"x").starts_with("550"));
    let again = ["-d", "{\"target\":\"someone@hidden.example\",\"days\":1}"];
    assert_eq!(daemon.curl(&again, "/aliases").0, 201);
    assert_eq!(
        tempalias(&daemon, &["forget", "--forever", "someone@hidden.example"]).1,
        format!("1 alias removed{FOREVER}")
    );
    assert_eq!(daemon.curl(&again, "/aliases").0, 403);
    // As older versions spelled it.
    let old = tempalias(&daemon, &["forget", "--for-ever", "someone@hidden.example"]);
    assert_eq!(old, (Some(0), format!("this address has no aliases{FOREVER}")));
    assert_eq!(tempalias(&daemon, &["forget", "other@hidden.example"]).1, "this address has no aliases\n");
}

/// An address that is typed is asked for and not shown; from a pipe one line is read, though the pipe stays open.
#[test]
fn forget_reads_one_line_and_does_not_show_it() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Redb, "");
    daemon.alias("someone@hidden.example", "\"max-usage\":5");
    let program = env!("CARGO_BIN_EXE_tempalias");
    let forget = format!("{program} forget --config {} -", daemon.config_path().display());
    let spawn = |command: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        shell.spawn().unwrap()
    };
    let mut child = spawn(&forget);
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"someone@hidden.example\n").unwrap();
    until("it has ended", || child.try_wait().unwrap().is_some());
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1 alias removed\n", "{output:?}");
    let output = spawn(&format!("{forget} </dev/null")).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no address on standard input"), "{output:?}");
    // script(1) gives it a terminal and shows all that the terminal does.
    let mut child = spawn(&format!("script -qec '{forget}' /dev/null"));
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.ends_with("while you type): ") {
        let mut octet = [0];
        screen.read_exact(&mut octet).unwrap();
        seen.push(char::from(octet[0]));
    }
    keyboard.write_all(b"someone@hidden.example\n").unwrap();
    screen.read_to_string(&mut seen).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    assert!(seen.contains("this address has no aliases") && !seen.contains("hidden.example"), "it was shown: {seen}");
}

/// A process under SCHED_BATCH is woken last, so that others' busy loops leave mail next to nothing.
#[test]
fn r0019_every_process_has_the_normal_scheduling_policy() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    for pid in daemon.pids() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // Field 41 of proc_pid_stat(5); the fields after the name begin with the third.
        let policy = stat.rsplit_once(") ").unwrap().1.split(' ').nth(41 - 3).unwrap();
        assert_eq!(policy, "0", "SCHED_OTHER is 0, SCHED_BATCH 3: {stat}");
    }
}

/// The metric that alarms hang on is asked of the store, not guessed.
#[test]
fn a_store_that_is_away_is_shown() {
    let (mut redis, key) = (RedisServer::start(&[]), directory());
    let store = Store::Redis(redis.url(), key.path().join("key"));
    let daemon = Daemon::with(Smarthost::start().address, &store, "");
    let store_up = || {
        let status: serde_json::Value = serde_json::from_str(&tempalias(&daemon, &["status", "--json"]).1).unwrap();
        status["metrics"]["store_up"].as_u64().unwrap()
    };
    assert_eq!((daemon.curl(&[], "/readyz").0, store_up()), (200, 1));
    redis.kill();
    for _ in 0..3 {
        assert_eq!((daemon.curl(&[], "/readyz").0, store_up()), (503, 0));
    }
    assert_eq!(daemon.log().matches("the store does not answer").count(), 1, "{}", daemon.log());
    redis.up();
    until("the store is back", || daemon.curl(&[], "/readyz").0 == 200);
    assert_eq!(store_up(), 1);
}

#[test]
fn metrics_on_a_local_address() {
    let port = crate::fixture::free_port();
    let metrics = format!("[metrics]\nlisten = ['127.0.0.1:{port}']");
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, &metrics);
    let curl = |path: &str| {
        let output = Command::new("curl")
            .args(["-s", "-m", DEADLINE_SECONDS])
            .arg(format!("http://127.0.0.1:{port}{path}"))
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(curl("/metrics").contains("# TYPE tempalias_smtp_sessions gauge"));
    assert_eq!(curl("/aliases"), "see /metrics\n");
    assert_eq!(daemon.curl(&[], "/metrics").0, 404, "visitors see no figures");
}

/// Who comes through the administrator's door and talks nonsense is hung up on, and that is all.
#[test]
fn nonsense_at_the_administrators_door() {
    let daemon = Daemon::start(Smarthost::start().address);
    let pids = daemon.pids();
    for nonsense in [&b"hello\r\n"[..], &[0xff; 100_000], b"\x02\x00\x00\x63", b""] {
        let mut door = std::os::unix::net::UnixStream::connect(daemon.dir().join("run/admin.sock")).unwrap();
        let _ = door.write_all(nonsense);
        let _ = door.shutdown(std::net::Shutdown::Write);
        let _ = door.read_to_end(&mut Vec::new());
    }
    assert_eq!(tempalias(&daemon, &["status"]).0, Some(0));
    assert_eq!(daemon.pids(), pids);
}

/// sd_notify(3): READY, WATCHDOG while all processes answer, RELOADING and READY again, STOPPING.
#[test]
fn systemd_is_told() {
    let (mut daemon, systemd) = Daemon::notifying(Smarthost::start().address, &[("WATCHDOG_USEC", "2000000")]);
    let next = || {
        let mut said = [0; 512];
        let length = systemd.recv(&mut said).unwrap();
        String::from_utf8_lossy(&said[..length]).into_owned()
    };
    assert!(next().starts_with("READY=1\nSTATUS=5 processes serve mail to example.org, two.example"));
    for _ in 0..3 {
        assert_eq!(next(), "WATCHDOG=1");
    }
    signal(daemon.pid(), "HUP");
    let after = |wanted: &str| (0..5).map(|_| next()).find(|said| said.starts_with(wanted)).unwrap();
    assert!(after("RELOADING=1\nMONOTONIC_USEC=").len() > 30);
    after("READY=1");
    // A process that is stuck is noticed: the watchdog gets no more.
    let stuck = daemon.pid_of("web");
    signal(stuck, "STOP");
    until("silence is noticed", || daemon.log().contains("roles do not answer pings"));
    systemd.set_nonblocking(true).unwrap();
    while systemd.recv(&mut [0; 512]).is_ok() {}
    thread::sleep(Duration::from_millis(1500));
    assert!(systemd.recv(&mut [0; 512]).is_err(), "the watchdog is not fed");
    systemd.set_nonblocking(false).unwrap();
    signal(stuck, "CONT");
    assert_eq!(next(), "WATCHDOG=1");
    signal(daemon.pid(), "TERM");
    after("STOPPING=1");
    assert_eq!(daemon.wait(), Some(0));
    assert_eq!(daemon.log().matches("roles do not answer pings").count(), 1, "{}", daemon.log());
}

/// SIGHUP: new limits and bounds for what begins from then on, without a session dropped; what takes a restart is
/// named; a faulty file changes nothing.
#[test]
fn a_reload_drops_nobody() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let pids = daemon.pids();
    let mut client = daemon.connect();
    client.ask("EHLO client.example", "250");
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    let old = fs::read_to_string(daemon.config_path()).unwrap();
    let reload = |text: &str, told: &str| {
        let before = daemon.log().matches(told).count();
        // As editors do: a new file in the place of the old one.
        let new = daemon.dir().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, daemon.config_path()).unwrap();
        signal(daemon.pid(), "HUP");
        until(told, || daemon.log().matches(told).count() > before);
    };
    let days =
        |days: u32| daemon.curl(&["-d", &format!("{{\"target\":\"a@real.example\",\"days\":{days}}}")], "/aliases").0;
    assert_eq!(days(3), 201);
    let new = old.replace("[limits]", "[limits]\nmax_days = 2").replace("[smtp]", "[smtp]\nmax_message_size = 70000");
    reload(&new, "the configuration was read again");
    until("the new limit is in force", || days(3) == 400);
    until("the new size is announced", || daemon.connect().ask("EHLO c.example", "250").contains("SIZE 70000"));
    reload(&new.replace("[limits]", "[limits]\nmax_dayz = 1"), "did you mean max_days?");
    assert!(daemon.log().contains("the configuration stays as it was"));
    assert_eq!((days(3), days(2)), (400, 201));
    reload(&new.replace("drain = \"3s\"", "drain = \"4s\""), "drain has changed, which takes effect with a restart");
    client.ask("DATA", "354");
    client.send(b"Subject: still here\r\n\r\n");
    client.ask(".", "250");
    assert_eq!(daemon.pids(), pids);
}

/// SIGHUP: how many connections to the next host there may be, and how many wait for the next message.
#[test]
fn a_reload_changes_the_bounds_of_relay() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(
        smarthost.address,
        &Store::Any,
        "[relay]\nprocesses = 1\nmax_connections = 1\nconnect_timeout = '1s'\n[smtp]\nprocesses = 1",
    );
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let recipient = || {
        let mut client = daemon.connect();
        client.ask("MAIL FROM:<a@b.example>", "250");
        let reply = client.ask(&format!("RCPT TO:<{}>", alias.address), "");
        (client, reply[..3].to_owned())
    };
    let old = fs::read_to_string(daemon.config_path()).unwrap();
    let reload = |bounds: &str| {
        let told = "the configuration was read again";
        let before = daemon.log().matches(told).count();
        fs::write(daemon.dir().join("new"), old.replace("max_connections = 1", bounds)).unwrap();
        fs::rename(daemon.dir().join("new"), daemon.config_path()).unwrap();
        signal(daemon.pid(), "HUP");
        until(told, || daemon.log().matches(told).count() > before);
        assert!(!daemon.log().contains("takes effect with a restart"), "{}", daemon.log());
    };
    let (mut first, reply) = recipient();
    assert_eq!((reply, recipient().1), ("250".to_owned(), "451".to_owned()));
    reload("max_connections = 3\nmax_idle = 0");
    // The monitor does not wait until the role has taken its settings.
    let mut second = None;
    until("the higher limit is in force", || {
        let (client, reply) = recipient();
        second = Some(client);
        reply == "250"
    });
    reload("max_connections = 1");
    for client in [&mut first, second.as_mut().unwrap()] {
        client.ask("DATA", "354");
        client.send(b"Subject: still here\r\n\r\n");
        client.ask(".", "250");
    }
    until("the lower limit is in force", || {
        let (_first, reply) = recipient();
        reply == "250" && recipient().1 == "451"
    });
}

#[test]
fn sigusr1_logs_the_state() {
    let daemon = Daemon::start(Smarthost::start().address);
    daemon.connect().ask("QUIT", "221");
    signal(daemon.pid(), "USR1");
    until("every role has told", || {
        let log = daemon.log();
        let told = |role: &str| log.lines().any(|line| line.contains(&format!("] {role} INFO: state: ")));
        ["monitor", "vault", "relay", "smtp", "web"].iter().all(|role| told(role))
    });
    assert!(daemon.log().contains("smtp_sessions_total=1"), "{}", daemon.log());
}

/// kill -9 of each process under load, with systemd's part played by the test: the sockets are held, the daemon is
/// down within a second and up again, nobody is refused, nothing that was told 250 is lost, and P3 holds.
#[test]
fn killed_under_load_and_up_again() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let counted = daemon.alias("someone@real.example", "\"max-usage\":3");
    let load = Load::start(daemon.smtp_address(), &alias.address);
    let storm = Load::start(daemon.smtp_address(), &counted.address);
    for role in ["vault", "relay", "smtp", "web", "monitor"] {
        load.until_more(5);
        let pids = daemon.pids();
        let start = Instant::now();
        signal(daemon.pid_of(role), "KILL");
        daemon.wait();
        until("all are gone", || pids.iter().all(|pid| is_gone(*pid)));
        println!("{role}: all gone after {} ms", start.elapsed().as_millis());
        assert!(start.elapsed() < Duration::from_secs(1), "{role}");
        daemon.up();
    }
    load.until_more(5);
    let ((taken, other), (few, others)) = (load.end(), storm.end());
    println!("{} messages taken, else {other:?}; {} of the alias for three, else {others:?}", taken.len(), few.len());
    assert!(!other.contains("refused") && !others.contains("refused"), "a connection was refused");
    assert!(taken.len() > 10 && few.len() <= 3);
    nothing_is_lost(&taken, &smarthost);
    nothing_is_lost(&few, &smarthost);
}

/// SIGTERM while 500 clients a second come and 20 long messages are under way: nobody is refused, what is under way
/// is finished or told 421, and the exit code is 0 in time.
#[test]
fn stopped_under_load() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let address = daemon.smtp_address();
    let under_way = Arc::new(Barrier::new(21));
    let long: Vec<_> = (0..20)
        .map(|n| {
            let (alias, under_way) = (alias.address.clone(), Arc::clone(&under_way));
            thread::spawn(move || {
                let mut client = Client::greeted(address);
                client.ask("HELO c.example", "250");
                client.ask("MAIL FROM:<a@b.example>", "250");
                client.ask(&format!("RCPT TO:<{alias}>"), "250");
                client.ask("DATA", "354");
                under_way.wait();
                // Half of them are done before the deadline, half would go on for ever.
                for _ in 0..if n % 2 == 0 { 10 } else { 1000 } {
                    if !client.try_send(&[&[b'x'; 900][..], b"\r\n"].concat()) {
                        break;
                    }
                    thread::sleep(Duration::from_millis(100));
                }
                if n % 2 == 0 { client.ask(".", "") } else { client.reply() }
            })
        })
        .collect();
    let over = Arc::new(AtomicBool::new(false));
    let comers: Vec<_> = (0..5)
        .map(|_| {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                let (mut refused, mut came) = (0, 0);
                while !over.load(Ordering::Relaxed) {
                    match TcpStream::connect(address) {
                        Err(_) => refused += 1,
                        Ok(stream) => drop(stream),
                    }
                    came += 1;
                    thread::sleep(Duration::from_millis(10));
                }
                (refused, came)
            })
        })
        .collect();
    under_way.wait();
    let start = Instant::now();
    assert_eq!(daemon.stop(), Some(0));
    let took = start.elapsed();
    over.store(true, Ordering::Relaxed);
    let (refused, came) =
        comers.into_iter().map(|comer| comer.join().unwrap()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("ended after {took:?}; {came} came, {refused} refused");
    assert_eq!(refused, 0);
    assert!(took < Duration::from_secs(5), "the drain deadline is 3 s");
    for (n, thread) in long.into_iter().enumerate() {
        let reply = thread.join().unwrap();
        assert!(reply.starts_with(if n % 2 == 0 { "250" } else { "421" }), "{n}: {reply}");
    }
    assert_eq!(smarthost.count(), 10);
    // What waits in the socket is served by the next life.
    daemon.up();
    daemon.connect().ask("QUIT", "221");
}

/// In report mode the daemon works, and nothing of what it does is outside of its promises.
#[test]
fn report_mode_has_nothing_to_report() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with_arguments(smarthost.address, &["--sandbox", "report"]);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":3");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert!(daemon.log().contains("seccomp only reports"));
    assert!(!daemon.log().contains("would be killed"), "{}", daemon.log());
    let daemon =
        Daemon::with_arguments(smarthost.address, &["--sandbox", "report", "--probe", "web:execute=/bin/true"]);
    assert!(daemon.log().contains("sandbox: would be killed for system call"), "{}", daemon.log());
    assert!(daemon.log().contains("execve"), "{}", daemon.log());
}
