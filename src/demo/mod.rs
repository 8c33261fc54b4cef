//! `tempalias demo`: the real five processes in a temporary directory, with a mail catcher as the next host.

mod catcher;
mod directory;

use crate::runtime::Fatal;
use crate::sys::identity::Identity;
use crate::sys::spawn::{spawn, terminate};
use directory::Directory;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::process::ExitCode;
use std::time::Duration;

/// Who a daemon becomes that is tried out as root.
const USER: &str = "nobody";

/// Its group: Debian has the first, others the second.
const GROUPS: [&str; 2] = ["nogroup", "nobody"];

/// Where mail is accepted and the site is served, unless that is taken or another port is asked for.
const SMTP_PORT: u16 = 2525;
const WEB_PORT: u16 = 8080;

/// How many ports from the usual one on are tried.
const PORTS_TRIED: u16 = 100;

/// Runs until Ctrl-C, or until its terminal is gone, and leaves nothing behind; the exit code of the daemon, which is a
/// process of its own. With `confirm`, the real address must confirm each alias.
///
/// # Errors
/// A port that was asked for and is taken, with the flag that chooses another.
pub fn run(smtp_port: Option<u16>, web_port: Option<u16>, confirm: bool) -> Result<ExitCode, Fatal> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD])?;
    let directory = Directory::new()?;
    let smtp = listen(smtp_port, SMTP_PORT, "--smtp-port")?;
    let web = listen(web_port, WEB_PORT, "--web-port")?;
    let (smtp_port, web_port) = (smtp.local_addr()?.port(), web.local_addr()?.port());
    let next_host = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let (file, notify) = (directory.path().join("tempalias.toml"), directory.path().join("notify"));
    let text = format!(
        "hostname = \"localhost\"\ndomains = [\"demo.example\"]\nruntime_dir = '{dir}/run'\nstate_dir = '{dir}/state'\n\
         postmaster = \"postmaster@example.net\"\ndrain = \"1s\"\nuser = \"{user}\"\ngroup = \"{group}\"\n\
         [relay]\nsmarthost = \"{next}\"\n[web]\nurl = \"http://127.0.0.1:{web_port}\"\nconfirm = {confirm}\n",
        dir = directory.path().display(),
        user = USER,
        group = group_of(|group| matches!(Identity::find(USER, group), Ok(Ok(_)))),
        next = next_host.local_addr()?,
    );
    fs::write(&file, text)?;
    let ready = UnixDatagram::bind(&notify)?;
    catcher::start(next_host);
    let path = file.to_string_lossy();
    let sockets = vec![("smtp".to_owned(), smtp.into()), ("web".to_owned(), web.into())];
    let arguments = ["serve", "--attended", "--log", "warnings", "--config", &*path];
    let mut daemon = spawn(&arguments, &[("NOTIFY_SOCKET", notify.as_os_str())], sockets)?;
    ready.set_read_timeout(Some(Duration::from_millis(50)))?;
    while daemon.try_wait()?.is_none() && signals.pending().all(|signal| signal == SIGCHLD) {
        let mut said = [0; 256];
        if ready.recv(&mut said).is_ok_and(|length| said[..length].starts_with(b"READY=1")) {
            welcome(smtp_port, web_port);
            // The daemon's own end wakes us too.
            signals.wait().for_each(drop);
            break;
        }
    }
    terminate(&daemon)?;
    let code = daemon.wait()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The first group that there is; the first of all if there is none, so that the daemon names it.
fn group_of(exists: impl Fn(&str) -> bool) -> &'static str {
    GROUPS.into_iter().find(|group| exists(group)).unwrap_or(GROUPS[0])
}

/// Listens on the port that was asked for; else on the usual one, or the next that is free.
fn listen(asked: Option<u16>, usual: u16, flag: &str) -> Result<TcpListener, Fatal> {
    let first = asked.unwrap_or(usual);
    let last = if asked.is_some() { first } else { usual + PORTS_TRIED };
    let mut failure = None;
    for port in first..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(cause) => failure = failure.or(Some(cause)),
        }
    }
    let cause = failure.map_or_else(String::new, |cause| format!(" ({cause})"));
    Err(Fatal::Config(format!("cannot listen on 127.0.0.1:{first}{cause}: choose another port with {flag}")))
}

fn welcome(smtp_port: u16, web_port: u16) {
    println!(
        r#"tempalias demo: site at http://127.0.0.1:{web_port}/   mail at 127.0.0.1:{smtp_port}   Ctrl-C ends it

Make an alias for three days and two messages:

  alias=$(curl -s -d '{{"target":"you@example.net","days":3,"max-usage":2}}' http://127.0.0.1:{web_port}/aliases | grep -o '[a-z0-9]*@demo.example' | head -n1); echo "$alias"

Mail it, three times; the third is refused with 550:

  printf 'From: friend@example.com\nTo: %s\nSubject: Hello\n\nIt works.\n' "$alias" | curl -sS --crlf smtp://127.0.0.1:{smtp_port} --mail-from friend@example.com --mail-rcpt "$alias" --upload-file -

What arrives at the real address is shown here:
"#
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_one_that_this_system_has() {
        assert_eq!(group_of(|_| true), "nogroup", "Debian");
        assert_eq!(group_of(|group| group == "nobody"), "nobody", "Fedora, Arch, Alpine");
        assert_eq!(group_of(|_| false), "nogroup");
    }
}
