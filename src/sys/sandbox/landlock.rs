//! Landlock (landlock(7)): which files and TCP ports a process may reach.

use super::{Ports, Promise};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, NetPort, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use std::io;
use std::os::fd::BorrowedFd;

/// The newest version of Landlock's ABI that is used: every right that it knows is denied unless a rule grants it.
const LANDLOCK_ABI: ABI = ABI::V9;

/// The DNS over TCP, for answers that are too long for a datagram (RFC 7766).
const DNS_PORT: u16 = 53;

/// The promises as rules. What they do not name is denied.
pub(super) fn ruleset(promises: &[Promise]) -> io::Result<RulesetCreated> {
    let every_port = promises.contains(&Promise::Internet(Ports::Any));
    let mut net = AccessNet::from_all(LANDLOCK_ABI);
    if every_port {
        net.remove(AccessNet::ConnectTcp);
    }
    let mut scope = Scope::from_all(LANDLOCK_ABI);
    if promises.iter().any(|promise| matches!(promise, Promise::Children(_))) {
        // The children are not in this Landlock domain, and the monitor must be able to signal them.
        scope.remove(Scope::Signal);
    }
    let handle = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(LANDLOCK_ABI))?
            .handle_access(net)?
            .scope(scope)?
            .create()
    };
    let mut ruleset = handle().map_err(io::Error::other)?;
    for promise in promises {
        match promise {
            Promise::Internet(Ports::Only(ports)) if !every_port => {
                for port in ports.iter().copied().chain([DNS_PORT]) {
                    let rule = NetPort::new(port, AccessNet::ConnectTcp);
                    ruleset = ruleset.add_rule(rule).map_err(io::Error::other)?;
                }
            }
            Promise::Reread(directory) => ruleset = reread(ruleset, *directory)?,
            _ => {}
        }
    }
    Ok(ruleset)
}

#[allow(unsafe_code)] // a promise names a descriptor by its number
fn reread(ruleset: RulesetCreated, directory: i32) -> io::Result<RulesetCreated> {
    // SAFETY: a caller that promises `Reread` keeps the directory open, and it is borrowed for this call only.
    let directory = unsafe { BorrowedFd::borrow_raw(directory) };
    ruleset.add_rule(PathBeneath::new(directory, AccessFs::ReadFile)).map_err(io::Error::other)
}

/// Puts the rules in force: the version of the ABI that the kernel has of it; `None` if it has no Landlock.
pub(super) fn restrict(ruleset: RulesetCreated) -> io::Result<Option<u8>> {
    let status = ruleset.restrict_self().map_err(io::Error::other)?;
    Ok(match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => u8::try_from(effective_abi as i32).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    /// Whether a thread with these promises may connect to a port of this host; `None` where Landlock knows no ports.
    fn connects(promise: fn(Vec<u16>) -> Promise, allowed: bool) -> Option<bool> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ports = if allowed { vec![address.port()] } else { Vec::new() };
        // Landlock binds the thread that asks for it, and those that it starts.
        let thread = std::thread::spawn(move || {
            let version = restrict(ruleset(&[promise(ports)]).unwrap()).unwrap();
            version.filter(|version| *version >= 4).map(|_| TcpStream::connect(address).is_ok())
        });
        thread.join().unwrap()
    }

    #[test]
    fn an_empty_list_of_ports_allows_no_port() {
        let only = |ports| Promise::Internet(Ports::Only(ports));
        assert_ne!(connects(only, false), Some(true));
        assert_ne!(connects(only, true), Some(false));
        assert_ne!(connects(|_| Promise::Internet(Ports::Any), false), Some(false));
    }
}
