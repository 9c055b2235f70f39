//! The harness itself: a check that never fails checks nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use app_tests::{Home, process, wait};

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn a_process_that_is_left_behind_is_killed_and_fails_its_test() {
    let home = Home::new();
    let mut left = home.command("sleep").arg("1000").spawn().unwrap();
    let pid = left.id();
    // It is no session, so nobody but the harness ends it.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(home)));
    let message = message_of(dropped.unwrap_err().as_ref());
    assert!(message.contains("left behind") && message.contains("sleep 1000"), "{message}");
    assert!(!process::runs(pid));
    left.wait().unwrap();
}

#[test]
fn a_home_that_was_used_leaves_no_directory() {
    let home = Home::new();
    let path = home.path().to_path_buf();
    home.start("one", &["sleep", "1000"]);
    drop(home);
    assert!(!path.exists());
}

#[test]
fn a_wait_in_vain_says_what_it_saw_last() {
    let mut looks = 0;
    let waited = catch_unwind(AssertUnwindSafe(|| {
        wait::until_for(Duration::from_millis(30), "the moon", || -> Result<(), String> {
            looks += 1;
            Err(format!("look {looks}"))
        });
    }));
    let message = message_of(waited.unwrap_err().as_ref());
    assert!(
        message.contains("the moon") && message.contains(&format!("look {looks}")),
        "{message}"
    );
}

#[test]
fn what_goes_on_for_ever_is_not_taken_for_still() {
    let mut count = 0;
    let mut end = 0;
    wait::until_still(Duration::from_millis(200), "counting", || {
        if count < 10 {
            count += 1;
        }
        end += 1;
        count
    });
    assert!(count == 10 && end > 10);
}
