#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tempalias_fuzz::line::check(data));
