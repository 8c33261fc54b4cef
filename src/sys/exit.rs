//! Exit codes, those of sysexits(3): systemd and scripts tell by them what a restart may cure.

macro_rules! codes {
    ($($name:ident $code:literal $what:literal,)*) => {
        $(#[doc = $what] pub const $name: u8 = $code;)*

        /// All of them, with what each means.
        pub const ALL: &[(u8, &str)] = &[$(($code, $what)),*];
    };
}

codes! {
    USAGE 64 "Wrong arguments, or a descriptor was inherited that is no listening TCP socket.",
    DATAERR 65 "What was given is no address.",
    UNAVAILABLE 69 "The daemon cannot be reached, or doctor has found a fault.",
    SOFTWARE 70 "A process ended that should not have: a defect, or it broke its promises and was killed.",
    OSERR 71 "The operating system refused something.",
    CANTCREAT 73 "A file or directory cannot be made or used.",
    IOERR 74 "The table could not be written to.",
    TEMPFAIL 75 "The store does not answer, or the processes did not get ready in time.",
    NOPERM 77 "Not for this user.",
    CONFIG 78 "The configuration is wrong; no restart makes it right.",
}
