//! The system calls of each promise, in alphabetical order: the lists of the sandbox.
//!
//! There are three tiers. Some calls are allowed, some with conditions on their arguments. Some fail with an error,
//! because libc, tokio or the panic handler try them and do without. Any other kills the process.

use super::Promise;
use nix::libc::{
    AF_INET, AF_INET6, AF_UNIX, CLONE_THREAD, CLONE_VM, EACCES, EINVAL, ENOSYS, ENOTTY, EPERM, F_DUPFD_CLOEXEC,
    F_GETFD, F_GETFL, F_SETFD, F_SETFL, FIONBIO, IPPROTO_TCP, IPPROTO_UDP, MSG_FASTOPEN, O_CLOEXEC,
    PR_SET_NO_NEW_PRIVS, PROT_EXEC, SHUT_WR, SO_KEEPALIVE, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY,
};
use syscalls::Sysno;

/// A condition on an argument: it has this value in the bits of the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Must {
    pub(super) argument: u8,
    pub(super) mask: u32,
    pub(super) value: u32,
}

/// A system call that is allowed if all conditions hold.
pub(super) type Allowed = (Sysno, Vec<Must>);

/// The bits of a socket's type that are not flags (socket(2)).
const SOCK_TYPE_MASK: u32 = 0xf;

/// Allowed with any promises: to compute, wait, read and write what is open, and end.
const BASE: &[Sysno] = &[
    Sysno::brk,
    Sysno::clock_gettime,
    Sysno::clock_nanosleep,
    Sysno::close,
    Sysno::epoll_create1,
    Sysno::epoll_ctl,
    Sysno::epoll_pwait,
    Sysno::eventfd2,
    Sysno::exit,
    Sysno::exit_group,
    Sysno::futex,
    Sysno::getpid,
    Sysno::getrandom,
    Sysno::getsockopt,
    Sysno::gettid,
    Sysno::gettimeofday,
    Sysno::madvise,
    Sysno::mremap,
    Sysno::munmap,
    Sysno::nanosleep,
    Sysno::ppoll,
    Sysno::read,
    Sysno::readv,
    Sysno::recvfrom,
    Sysno::recvmsg,
    Sysno::restart_syscall,
    Sysno::rt_sigaction,
    Sysno::rt_sigprocmask,
    Sysno::rt_sigreturn,
    Sysno::sched_yield,
    Sysno::sigaltstack,
    Sysno::write,
    Sysno::writev,
];

/// The same by older system calls that only x86-64 has.
#[cfg(target_arch = "x86_64")]
const BASE_X86_64: &[Sysno] = &[Sysno::epoll_wait, Sysno::poll, Sysno::time];
#[cfg(not(target_arch = "x86_64"))]
const BASE_X86_64: &[Sysno] = &[];

const ACCEPT: &[Sysno] = &[Sysno::accept4, Sysno::getpeername, Sysno::getsockname];

const CHILDREN: &[Sysno] = &[Sysno::wait4];

const INTERNET: &[Sysno] = &[
    // For questions to the DNS, each from another port.
    Sysno::bind,
    Sysno::connect,
    Sysno::getpeername,
    Sysno::getsockname,
    Sysno::recvmmsg,
];

const TABLE: &[Sysno] = &[
    Sysno::fallocate,
    Sysno::fdatasync,
    Sysno::flock,
    Sysno::fstat,
    Sysno::fsync,
    Sysno::ftruncate,
    Sysno::lseek,
    Sysno::pread64,
    Sysno::pwrite64,
    Sysno::statx,
];

const THREADS: &[Sysno] = &[Sysno::rseq, Sysno::set_robust_list];

/// Tried by libc, tokio or the panic handler, which do without them.
const REFUSED: &[(Sysno, i32)] = &[
    // seccomp cannot see its arguments. libc uses clone(2) instead, whose arguments it can see.
    (Sysno::clone3, ENOSYS),
    (Sysno::faccessat, EACCES),
    (Sysno::faccessat2, EACCES),
    (Sysno::fcntl, EINVAL),
    (Sysno::getcwd, EACCES),
    // libc asks whether a stream is a terminal (TCGETS).
    (Sysno::ioctl, ENOTTY),
    (Sysno::membarrier, ENOSYS),
    (Sysno::memfd_create, EPERM),
    (Sysno::newfstatat, EACCES),
    (Sysno::openat, EACCES),
    (Sysno::prctl, EPERM),
    (Sysno::prlimit64, EPERM),
    (Sysno::readlinkat, EACCES),
    (Sysno::sched_getaffinity, EPERM),
    (Sysno::set_mempolicy, EPERM),
    (Sysno::statx, EACCES),
    (Sysno::sysinfo, EPERM),
    (Sysno::uname, EPERM),
];

#[cfg(target_arch = "x86_64")]
const REFUSED_X86_64: &[(Sysno, i32)] = &[
    (Sysno::access, EACCES),
    (Sysno::getrlimit, EPERM),
    (Sysno::open, EACCES),
    (Sysno::readlink, EACCES),
    (Sysno::stat, EACCES),
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_X86_64: &[(Sysno, i32)] = &[];

/// All that `promises` allow. A system call may occur several times: it is allowed if one of them matches.
pub(super) fn allowed(promises: &[Promise]) -> Vec<Allowed> {
    let mut all: Vec<Allowed> = plain(BASE).chain(plain(BASE_X86_64)).collect();
    for command in [F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL] {
        all.push((Sysno::fcntl, vec![be(1, command)]));
    }
    all.push((Sysno::ioctl, vec![Must { argument: 1, mask: u32::MAX, value: FIONBIO as u32 }]));
    all.push((Sysno::mmap, vec![lack(2, PROT_EXEC)]));
    all.push((Sysno::mprotect, vec![lack(2, PROT_EXEC)]));
    // To put the next filter in force, seccompiler sets it each time.
    all.push((Sysno::prctl, vec![be(0, PR_SET_NO_NEW_PRIVS)]));
    // Not with MSG_FASTOPEN, which connects: Landlock does not see it.
    all.push((Sysno::sendmsg, vec![lack(2, MSG_FASTOPEN)]));
    all.push((Sysno::sendto, vec![lack(3, MSG_FASTOPEN)]));
    // Only for writing: to shut down reading stops a listening socket for every process that shares it.
    all.push((Sysno::shutdown, vec![be(1, SHUT_WR)]));
    // abort(3) sends a signal to its own process.
    all.push((Sysno::tgkill, vec![be(0, std::process::id().cast_signed())]));
    for promise in promises {
        match promise {
            Promise::Accept => {
                all.extend(plain(ACCEPT));
                all.push(no_delay());
            }
            Promise::Children(pids) => {
                all.extend(plain(CHILDREN));
                all.extend(pids.iter().map(|&pid| (Sysno::kill, vec![be(0, pid)])));
            }
            Promise::Internet(_) => {
                all.extend(plain(INTERNET));
                // A process with this promise has no listening TCP socket whose options could be spoilt.
                all.push((Sysno::setsockopt, vec![be(1, IPPROTO_TCP)]));
                all.push((Sysno::setsockopt, vec![be(1, SOL_SOCKET), be(2, SO_KEEPALIVE)]));
                all.push((Sysno::sendmmsg, vec![lack(3, MSG_FASTOPEN)]));
                // No other protocol, such as Multipath TCP, for which Landlock has no rules.
                for (kind, protocol) in
                    [(SOCK_STREAM, 0), (SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, 0), (SOCK_DGRAM, IPPROTO_UDP)]
                {
                    let kind = Must { argument: 1, mask: SOCK_TYPE_MASK, value: kind.cast_unsigned() };
                    for family in [AF_INET, AF_INET6] {
                        all.push((Sysno::socket, vec![be(0, family), kind, be(2, protocol)]));
                    }
                }
            }
            Promise::Pairs => all.push((Sysno::socketpair, vec![be(0, AF_UNIX)])),
            Promise::Reread(directory) => {
                all.extend([Sysno::fstat, Sysno::lseek, Sysno::statx].map(|call| (call, Vec::new())));
                all.push((Sysno::openat, vec![be(0, *directory), be(2, O_CLOEXEC)]));
            }
            Promise::Table => all.extend(plain(TABLE)),
            Promise::Threads => {
                all.extend(plain(THREADS));
                let thread = (CLONE_THREAD | CLONE_VM).cast_unsigned();
                all.push((Sysno::clone, vec![Must { argument: 0, mask: thread, value: thread }]));
            }
        }
    }
    all
}

/// A system call that fails with an error, unless one of the alternatives holds with which it is allowed.
pub(super) struct Refused {
    pub(super) call: Sysno,
    pub(super) error: i32,
    pub(super) unless: Vec<Vec<Must>>,
}

/// All that is refused with an error to a process with these promises.
pub(super) fn refused(promises: &[Promise]) -> Vec<Refused> {
    let allowed = allowed(promises);
    let unless = |call| allowed.iter().filter(move |(also, _)| *also == call).map(|(_, musts)| musts.clone()).collect();
    let all = REFUSED.iter().chain(REFUSED_X86_64).map(|&(call, error)| Refused { call, error, unless: unless(call) });
    // Not those that are allowed without a condition.
    all.filter(|refused| refused.unless.iter().all(|musts| !musts.is_empty())).collect()
}

fn plain(calls: &[Sysno]) -> impl Iterator<Item = Allowed> + '_ {
    calls.iter().map(|&call| (call, Vec::new()))
}

/// The only option that is set on connections. Others could spoil a listening socket for the processes that share it.
fn no_delay() -> Allowed {
    (Sysno::setsockopt, vec![be(1, IPPROTO_TCP), be(2, TCP_NODELAY)])
}

fn be(argument: u8, value: i32) -> Must {
    Must { argument, mask: u32::MAX, value: value.cast_unsigned() }
}

fn lack(argument: u8, bits: i32) -> Must {
    Must { argument, mask: bits.cast_unsigned(), value: 0 }
}

#[cfg(test)]
mod tests {
    use super::super::Ports;
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [BASE, BASE_X86_64, ACCEPT, CHILDREN, INTERNET, TABLE, THREADS] {
            assert!(list.is_sorted_by_key(|call| call.name()), "{list:?}");
        }
        for list in [REFUSED, REFUSED_X86_64] {
            assert!(list.is_sorted_by_key(|(call, _)| call.name()), "{list:?}");
        }
    }

    #[test]
    fn nobody_may_run_programs_trace_or_open() {
        let all = [
            Promise::Accept,
            Promise::Children(vec![1]),
            Promise::Pairs,
            Promise::Internet(Ports::Only(vec![25])),
            Promise::Table,
            Promise::Threads,
        ];
        let allowed = allowed(&all);
        for call in [
            Sysno::execve,
            Sysno::execveat,
            Sysno::listen,
            Sysno::openat,
            Sysno::openat2,
            Sysno::process_vm_readv,
            Sysno::ptrace,
            Sysno::setuid,
            Sysno::io_uring_setup,
            Sysno::bpf,
            Sysno::keyctl,
            Sysno::memfd_create,
        ] {
            assert!(allowed.iter().all(|(a, _)| *a != call), "{call}");
        }
    }

    /// A process that accepts connections could otherwise connect one to somewhere else, or stop a listening socket.
    #[test]
    fn who_accepts_does_not_connect() {
        let allowed = allowed(&[Promise::Accept, Promise::Pairs]);
        for call in [Sysno::bind, Sysno::connect, Sysno::socket] {
            assert!(allowed.iter().all(|(a, _)| *a != call), "{call}");
        }
        for call in [Sysno::sendmsg, Sysno::sendto, Sysno::setsockopt, Sysno::shutdown] {
            assert!(allowed.iter().all(|(a, musts)| *a != call || !musts.is_empty()), "{call}");
        }
    }

    #[test]
    fn what_is_allowed_under_a_condition_is_refused_otherwise() {
        let refused = refused(&[Promise::Reread(7)]);
        let unless = |call| refused.iter().find(|r| r.call == call).map(|r| r.unless.clone());
        assert_eq!(unless(Sysno::openat), Some(vec![vec![be(0, 7), be(2, O_CLOEXEC)]]));
        assert_eq!(unless(Sysno::clone3), Some(vec![]));
        assert_eq!(unless(Sysno::statx), None, "it is allowed");
    }
}
