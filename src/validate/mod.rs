//! The verdict of `alloy validate` from graph and schema, for every Alloy version.
