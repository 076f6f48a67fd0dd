//! Every target: its name is that of an entry of `src/fuzzing`.

#![no_main]

use trento_alloy::inside::fuzzing;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::run(env!("CARGO_BIN_NAME"), input));
