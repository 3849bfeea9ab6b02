#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| qadam_fuzz::api_records(bytes));
