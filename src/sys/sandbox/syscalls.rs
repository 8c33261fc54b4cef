//! The system calls of each promise, in alphabetical order.
//!
//! Three tiers: allowed; refused with an error, because libc, tokio or a panic may try them in passing
//! and can live without; everything else kills the process.

use super::Promise;
use nix::libc::{
    AF_INET, AF_INET6, AF_UNIX, CLONE_THREAD, CLONE_VM, EACCES, ENOSYS, ENOTTY, EPERM, F_DUPFD_CLOEXEC, F_GETFD,
    F_GETFL, F_SETFD, F_SETFL, FIONBIO, PR_SET_NO_NEW_PRIVS, PROT_EXEC,
};
use syscalls::Sysno;

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Must {
    /// This value.
    Be(u8, u64),
    /// All of these bits set.
    Have(u8, u64),
    /// None of these bits set.
    Lack(u8, u64),
}

/// A system call, allowed when its argument is as it must be.
pub(super) type Allowed = (Sysno, Option<Must>);

/// Whatever a process promises: it computes, waits, speaks on what it has open, and ends.
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
    Sysno::sendmsg,
    Sysno::sendto,
    Sysno::setsockopt,
    Sysno::shutdown,
    Sysno::sigaltstack,
    Sysno::write,
    Sysno::writev,
];

/// The same under the names that only x86-64 has.
#[cfg(target_arch = "x86_64")]
const BASE_OLD: &[Sysno] = &[Sysno::epoll_wait, Sysno::poll, Sysno::time];
#[cfg(not(target_arch = "x86_64"))]
const BASE_OLD: &[Sysno] = &[];

const ACCEPT: &[Sysno] = &[Sysno::accept4, Sysno::getpeername, Sysno::getsockname];

const CHILDREN: &[Sysno] = &[Sysno::wait4];

const DOORS: &[Sysno] = &[Sysno::connect];

const INTERNET: &[Sysno] = &[
    // Without an address: datagrams to the DNS leave from a port of their own.
    Sysno::bind,
    Sysno::connect,
    Sysno::getpeername,
    Sysno::getsockname,
    Sysno::recvmmsg,
    Sysno::sendmmsg,
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

/// Tried in passing by libc, tokio or the panic handler, which can live without.
const REFUSED: &[(Sysno, i32)] = &[
    // Its arguments cannot be looked at; libc then uses clone, whose can.
    (Sysno::clone3, ENOSYS),
    (Sysno::faccessat, EACCES),
    (Sysno::faccessat2, EACCES),
    (Sysno::getcwd, EACCES),
    (Sysno::membarrier, ENOSYS),
    (Sysno::newfstatat, EACCES),
    (Sysno::openat, EACCES),
    (Sysno::prctl, EPERM),
    (Sysno::prlimit64, EPERM),
    (Sysno::readlinkat, EACCES),
    (Sysno::sched_getaffinity, EPERM),
    (Sysno::set_mempolicy, EPERM),
    (Sysno::sysinfo, EPERM),
    (Sysno::uname, EPERM),
];

#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: &[(Sysno, i32)] = &[
    (Sysno::access, EACCES),
    (Sysno::getrlimit, EPERM),
    (Sysno::open, EACCES),
    (Sysno::readlink, EACCES),
    (Sysno::stat, EACCES),
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_OLD: &[(Sysno, i32)] = &[];

/// All that `promises` allow; the same system call may occur more than once, any will do.
pub(super) fn allowed(promises: &[Promise<'_>]) -> Vec<Allowed> {
    let mut all: Vec<Allowed> = plain(BASE).chain(plain(BASE_OLD)).collect();
    let descriptors = [F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL];
    all.extend(descriptors.map(|command| (Sysno::fcntl, Some(Must::Be(1, word(command))))));
    all.push((Sysno::ioctl, Some(Must::Be(1, FIONBIO))));
    all.push((Sysno::mmap, Some(Must::Lack(2, word(PROT_EXEC)))));
    all.push((Sysno::mprotect, Some(Must::Lack(2, word(PROT_EXEC)))));
    // What another wall takes to put up.
    all.push((Sysno::prctl, Some(Must::Be(0, word(PR_SET_NO_NEW_PRIVS)))));
    // To abort is to signal oneself.
    all.push((Sysno::tgkill, Some(Must::Be(0, u64::from(std::process::id())))));
    for promise in promises {
        match *promise {
            Promise::Accept => all.extend(plain(ACCEPT)),
            Promise::Children(pids) => {
                all.extend(plain(CHILDREN));
                all.extend(pids.iter().map(|&pid| (Sysno::kill, Some(Must::Be(0, word(pid))))));
            }
            Promise::Doors => {
                all.extend(plain(DOORS));
                all.push((Sysno::socket, Some(Must::Be(0, word(AF_UNIX)))));
            }
            Promise::Internet(_) => {
                all.extend(plain(INTERNET));
                all.extend([AF_INET, AF_INET6].map(|family| (Sysno::socket, Some(Must::Be(0, word(family))))));
            }
            Promise::Reread(directory) => {
                all.extend([Sysno::fstat, Sysno::lseek, Sysno::statx].map(|call| (call, None)));
                all.push((Sysno::openat, Some(Must::Be(0, word(directory)))));
            }
            Promise::Table => all.extend(plain(TABLE)),
            Promise::Threads => {
                all.extend(plain(THREADS));
                all.push((Sysno::clone, Some(Must::Have(0, word(CLONE_THREAD | CLONE_VM)))));
            }
        }
    }
    all
}

/// A system call that is refused with an error, unless an argument has the value with which it is allowed.
pub(super) struct Refused {
    pub(super) call: Sysno,
    pub(super) error: i32,
    pub(super) unless: Option<(u8, u64)>,
}

/// All that is refused to who promises this.
pub(super) fn refused(promises: &[Promise<'_>]) -> Vec<Refused> {
    let allowed = allowed(promises);
    let mut all = Vec::new();
    // libc asks whether a stream is a terminal.
    for &(call, error) in REFUSED.iter().chain(REFUSED_OLD).chain(&[(Sysno::ioctl, ENOTTY)]) {
        match allowed.iter().find(|(also, _)| *also == call) {
            None => all.push(Refused { call, error, unless: None }),
            Some((_, Some(Must::Be(argument, value)))) => {
                all.push(Refused { call, error, unless: Some((*argument, *value)) });
            }
            Some(_) => {}
        }
    }
    all
}

fn plain(calls: &[Sysno]) -> impl Iterator<Item = Allowed> + '_ {
    calls.iter().map(|&call| (call, None))
}

/// An `int` argument as seccomp sees it: its 32 bits.
fn word(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [BASE, BASE_OLD, ACCEPT, CHILDREN, DOORS, INTERNET, TABLE, THREADS] {
            assert!(list.is_sorted_by_key(|call| call.name()), "{list:?}");
        }
        for list in [REFUSED, REFUSED_OLD] {
            assert!(list.is_sorted_by_key(|(call, _)| call.name()), "{list:?}");
        }
    }

    #[test]
    fn nobody_may_run_programs_trace_or_open() {
        let pids = [1];
        let all = [
            Promise::Accept,
            Promise::Children(&pids),
            Promise::Doors,
            Promise::Internet(&[25]),
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

    #[test]
    fn what_is_allowed_under_a_condition_is_refused_otherwise() {
        let refused = refused(&[Promise::Reread(7)]);
        let unless = |call| refused.iter().find(|r| r.call == call).and_then(|r| r.unless);
        assert_eq!(unless(Sysno::openat), Some((0, 7)));
        assert_eq!(unless(Sysno::ioctl), Some((1, FIONBIO)));
        assert_eq!(unless(Sysno::clone3), None);
    }
}
