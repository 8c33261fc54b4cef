//! Report mode of the sandbox: a system call that would have killed the process fails with ENOSYS, and its name is
//! written to stderr.
#![allow(unsafe_code)] // a signal handler gets pointers

use nix::libc::{self, ENOSYS};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use std::ffi::{c_int, c_void};
use std::io;
use syscalls::Sysno;

/// `siginfo_t` as the kernel fills it for `SIGSYS` (sigaction(2)).
#[repr(C)]
struct Sys {
    signo: c_int,
    errno: c_int,
    code: c_int,
    _padding: c_int,
    call_addr: *mut c_void,
    syscall: c_int,
    arch: u32,
}

/// Installs the handler for what the filters trap.
pub(super) fn prepare() -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigAction(handler), SaFlags::SA_SIGINFO, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows: it formats on the stack and calls write(2).
    unsafe { sigaction(Signal::SIGSYS, &action) }?;
    Ok(())
}

extern "C" fn handler(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: for SIGSYS from seccomp the kernel fills the information as `Sys` has it.
    let number = unsafe { (*info.cast::<Sys>()).syscall };
    let name = Sysno::new(number.cast_unsigned() as usize).map_or("unknown", |call| call.name());
    let mut digits = [0; 10];
    for part in ["tempalias: sandbox: would be killed for system call ", decimal(number, &mut digits), " ", name, "\n"]
    {
        // SAFETY: pointer and length are those of a live str. What cannot be written is lost.
        unsafe { libc::write(2, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: with SA_SIGINFO the third argument is the interrupted context, to which the kernel returns.
    unsafe { fail(&mut *context.cast::<libc::ucontext_t>()) };
}

/// Sets what the trapped system call returns.
fn fail(context: &mut libc::ucontext_t) {
    #[cfg(target_arch = "x86_64")]
    {
        context.uc_mcontext.gregs[libc::REG_RAX as usize] = -i64::from(ENOSYS);
    }
    #[cfg(target_arch = "aarch64")]
    {
        context.uc_mcontext.regs[0] = (-i64::from(ENOSYS)).cast_unsigned();
    }
}

/// Formats a number without allocation, which a signal handler must not do (signal-safety(7)).
fn decimal(number: i32, digits: &mut [u8; 10]) -> &str {
    let mut rest = number.unsigned_abs();
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 || at == 0 {
            return std::str::from_utf8(&digits[at..]).unwrap_or_default();
        }
    }
}
