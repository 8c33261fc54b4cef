//! Exit codes, those of sysexits(3): systemd and scripts tell by them what a restart may cure.

macro_rules! codes {
    ($($name:ident $code:literal $what:literal,)*) => {
        $(#[doc = $what] pub const $name: u8 = $code;)*

        /// All of them, with what each means.
        pub const ALL: &[(u8, &str)] = &[$(($code, $what)),*];
    };
}

codes! {
    USAGE 64 "Wrong arguments, or an inherited descriptor is no listening TCP socket.",
    DATAERR 65 "The argument is not an address.",
    NOUSER 67 "There is no such alias.",
    UNAVAILABLE 69 "The daemon cannot be reached, or doctor has found a fault.",
    SOFTWARE 70 "A process ended unexpectedly: a defect, or it broke its promises and was killed.",
    OSERR 71 "The operating system refused something.",
    CANTCREAT 73 "A file or directory cannot be created or used.",
    IOERR 74 "The table could not be written to.",
    TEMPFAIL 75 "The store does not answer, or the processes were not ready in time.",
    NOPERM 77 "This user has no permission.",
    CONFIG 78 "The configuration is wrong; a restart does not help.",
}
