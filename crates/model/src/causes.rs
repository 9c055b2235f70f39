//! What led to an error, for everybody who tells of one.

use std::error::Error;

/// What caused it, and what caused that, down to the first. The error itself is not among
/// them.
pub fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn the_causes_come_outermost_first_and_without_the_error() {
        let error = Outer("x".parse::<u8>().unwrap_err());
        let told: Vec<_> = causes(&error).map(ToString::to_string).collect();
        assert_eq!(told, ["invalid digit found in string"]);
    }
}
