//! `encoding.*base64`: with padding, and line breaks ignored, as Go does it.

use ::base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use ::base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

use crate::eval::stdlib::call::{Call, Failure};
use crate::eval::{Text, Value};

/// `encoding.from_base64(text)`
pub fn decode(call: &Call<'_>) -> Result<Value, Failure> {
    decoded(call, &STANDARD)
}

/// `encoding.from_URLbase64(text)`
pub fn decode_url(call: &Call<'_>) -> Result<Value, Failure> {
    decoded(call, &URL_SAFE)
}

/// `encoding.to_base64(text)`
pub fn encode(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(Value::string(engine(&STANDARD).encode(call.text(0)?.as_bytes())))
}

/// `encoding.to_URLbase64(text)`
pub fn encode_url(call: &Call<'_>) -> Result<Value, Failure> {
    Ok(Value::string(engine(&URL_SAFE).encode(call.text(0)?.as_bytes())))
}

fn decoded(call: &Call<'_>, alphabet: &Alphabet) -> Result<Value, Failure> {
    let mut text = call.text(0)?.as_bytes().to_vec();
    text.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    match engine(alphabet).decode(text) {
        Ok(bytes) => Ok(Value::Bytes(Text::from(bytes))),
        Err(_) => Err(Failure::new("illegal base64 data")),
    }
}

fn engine(alphabet: &Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    GeneralPurpose::new(alphabet, config)
}
