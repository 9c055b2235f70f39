//! The time, on both clocks: the wall's, which people read and anybody may set, and the one
//! that counts from the boot of the machine, suspend included.

/// What the clocks show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// Wall time, milliseconds since the Unix epoch.
    pub wall_ms: i64,
    /// Milliseconds since this boot, suspend included.
    pub boot_ms: u64,
    /// Which boot.
    pub boot_id: String,
}
