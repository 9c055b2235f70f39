//! What a process writes down of itself just before it becomes the program it was made for,
//! so that it is found even if whoever made it dies in that moment.
//!
//! A number alone may come to mean another process. The claim also says when it was made, by
//! the clock that start times are read from: a process that began later is not the one.

use std::fs::File;

use super::{Identity, Pid, identity_of};
use crate::os;

/// Bytes of a claim.
const LEN: usize = 16;

/// Writes down who the calling process is. Makes system calls only: for the time between
/// fork and exec. One that cannot be written is not: the program is worth more.
pub(crate) fn write(file: &File) {
    let mut claim = [0; LEN];
    let (pid, now) = claim.split_at_mut(LEN / 2);
    let own = u64::from(rustix::process::getpid().as_raw_nonzero().get().unsigned_abs());
    pid.copy_from_slice(&own.to_le_bytes());
    now.copy_from_slice(&os::start_clock().to_le_bytes());
    let _ = rustix::io::write(file, &claim);
}

/// The process that has written this, if it lives. Only for a claim of this boot.
pub fn claimed(claim: &[u8]) -> Option<Identity> {
    let claim: [u8; LEN] = claim.try_into().ok()?;
    let (pid, then) = claim.split_at(LEN / 2);
    let pid = u64::from_le_bytes(pid.try_into().ok()?);
    let then = u64::from_le_bytes(then.try_into().ok()?);
    let identity = identity_of(Pid::new(u32::try_from(pid).ok()?)?)?;
    (identity.start_time <= then).then_some(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_names_its_writer_and_nobody_who_came_later() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        write(&File::create(&path).unwrap());
        let mut claim = std::fs::read(&path).unwrap();
        let own = identity_of(Pid::of_this_process().unwrap());
        assert_eq!(claimed(&claim), own);
        // Made before this process began: by another that had its number.
        claim[LEN / 2..].copy_from_slice(&(own.unwrap().start_time - 1).to_le_bytes());
        assert_eq!(claimed(&claim), None);
        assert_eq!(claimed(b""), None);
        assert_eq!(claimed(&[0; LEN]), None);
    }
}
