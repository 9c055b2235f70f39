//! The target `hooks` of `crates/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| app_fuzz::hooks(bytes));
