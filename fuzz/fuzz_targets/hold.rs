//! The target `hold` of `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| app_fuzz::hold(bytes));
