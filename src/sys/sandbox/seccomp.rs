//! The lists of system calls as seccomp filters (seccomp(2)).
//!
//! A filter has two answers, so that there are several: one kills what is on no list, and one for each error refuses
//! what has to fail with it. The kernel asks all and obeys the strictest answer.

use super::syscalls::{Allowed, Must, Refused, allowed, refused};
use super::{Promise, Strictness, report};
use seccompiler::{
    BackendError as Error, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use syscalls::Sysno;

#[cfg(target_arch = "x86_64")]
const TARGET_ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const TARGET_ARCH: TargetArch = TargetArch::aarch64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!(
    "the lists of system calls (syscalls.rs), the handler of report.rs and this filter know x86-64 and ARM64"
);

/// By the number of a system call, the alternatives for its arguments; an empty list matches any.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Puts the filters in force for this thread and those that it starts.
pub(super) fn restrict(promises: &[Promise], strictness: Strictness) -> io::Result<()> {
    let outlaw = match strictness {
        Strictness::Kill => SeccompAction::KillProcess,
        Strictness::Report => {
            report::prepare()?;
            SeccompAction::Trap
        }
    };
    let programs = compile(promises, outlaw).map_err(io::Error::other)?;
    for program in programs {
        apply_filter(&program).map_err(io::Error::other)?;
    }
    Ok(())
}

/// The one that kills is the last: it does not allow the system call that puts a filter in force.
fn compile(promises: &[Promise], outlaw: SeccompAction) -> Result<Vec<BpfProgram>, Error> {
    let refused = refused(promises);
    let errors: BTreeSet<i32> = refused.iter().map(|refused| refused.error).collect();
    let mut programs = Vec::new();
    for error in errors {
        let mut rules = Rules::new();
        for Refused { call, unless, .. } in refused.iter().filter(|refused| refused.error == error) {
            rules.insert(i64::from(call.id()), none_of(unless)?);
        }
        let action = SeccompAction::Errno(error.cast_unsigned());
        programs.push(SeccompFilter::new(rules, SeccompAction::Allow, action, TARGET_ARCH)?.try_into()?);
    }
    let mut listed: Vec<Allowed> = allowed(promises);
    listed.extend(refused.iter().map(|refused| (refused.call, Vec::new())));
    programs.push(SeccompFilter::new(rules(&listed)?, outlaw, SeccompAction::Allow, TARGET_ARCH)?.try_into()?);
    Ok(programs)
}

fn rules(allowed: &[Allowed]) -> Result<Rules, Error> {
    let whole: BTreeSet<Sysno> = allowed.iter().filter(|(_, musts)| musts.is_empty()).map(|(call, _)| *call).collect();
    let mut rules: Rules = whole.iter().map(|call| (i64::from(call.id()), Vec::new())).collect();
    for (call, musts) in allowed.iter().filter(|(call, _)| !whole.contains(call)) {
        let conditions = musts.iter().map(|must| holds(*must)).collect::<Result<_, _>>()?;
        rules.entry(i64::from(call.id())).or_default().push(SeccompRule::new(conditions)?);
    }
    Ok(rules)
}

/// Rules that match if no alternative holds: of each alternative, some condition fails (De Morgan).
fn none_of(alternatives: &[Vec<Must>]) -> Result<Vec<SeccompRule>, Error> {
    let mut failing: Vec<Vec<Must>> = vec![Vec::new()];
    for alternative in alternatives {
        failing = failing
            .iter()
            .flat_map(|so_far| alternative.iter().map(move |must| [&so_far[..], &[*must]].concat()))
            .collect();
    }
    let fails = |musts: Vec<Must>| {
        let conditions: Vec<_> = musts.into_iter().map(fails).collect::<Result<_, _>>()?;
        SeccompRule::new(conditions)
    };
    if alternatives.is_empty() { Ok(Vec::new()) } else { failing.into_iter().map(fails).collect() }
}

fn holds(must: Must) -> Result<SeccompCondition, Error> {
    let op = SeccompCmpOp::MaskedEq(must.mask.into());
    SeccompCondition::new(must.argument, SeccompCmpArgLen::Dword, op, must.value.into())
}

/// The negation of a condition on a whole argument. No system call that is refused has a condition on single bits.
fn fails(must: Must) -> Result<SeccompCondition, Error> {
    debug_assert_eq!(must.mask, u32::MAX);
    SeccompCondition::new(must.argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, must.value.into())
}
