//! Evaluates Alloy expressions; what cannot be known is a value with the reason.
