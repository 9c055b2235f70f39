//! What ends when the user logs out: the one thing about a service of the user that takes
//! people by surprise.

/// What is known about logging out. Nothing where it could not be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The user's manager goes on without a log-in (loginctl(1), linger).
    pub(crate) linger: Option<bool>,
    /// Logging out ends every process of that log-in (logind.conf(5), KillUserProcesses).
    pub(crate) kills_processes: Option<bool>,
    /// The control group of the daemon, as in cgroups(7).
    pub(crate) group: Option<String>,
}

/// What a person should know, in full sentences.
pub(crate) fn warnings(facts: &Facts) -> Vec<String> {
    let mut warnings = Vec::new();
    let in_log_in = facts.group.as_deref().is_some_and(is_of_a_log_in);
    if in_log_in && facts.kills_processes == Some(true) {
        warnings.push(
            "the daemon runs inside your log-in, and this system ends what is left of a log-in \
             (KillUserProcesses): sessions end when you log out"
                .to_owned(),
        );
    } else if !in_log_in && facts.linger == Some(false) {
        warnings.push(
            "sessions end when you log out for the last time, as your service manager does; \
             `loginctl enable-linger` lets it go on"
                .to_owned(),
        );
    }
    warnings
}

/// `…/session-3.scope`: made by logind for one log-in, and gone with it.
fn is_of_a_log_in(group: &str) -> bool {
    group.split('/').any(|part| part.starts_with("session-") && part.ends_with(".scope"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG_IN: &str = "/user.slice/user-7.slice/session-3.scope";
    const SERVICE: &str = "/user.slice/user-7.slice/user@7.service/app.slice/appd.service";

    fn warned(linger: bool, kills: bool, group: &str) -> Vec<String> {
        let (linger, kills_processes) = (Some(linger), Some(kills));
        warnings(&Facts { linger, kills_processes, group: Some(group.into()) })
    }

    #[test]
    fn a_service_needs_linger_and_a_log_in_needs_mercy() {
        assert!(warned(true, true, SERVICE).is_empty());
        assert!(warned(false, false, SERVICE)[0].contains("enable-linger"));
        assert!(warned(false, true, LOG_IN)[0].contains("KillUserProcesses"));
        assert!(warned(false, false, LOG_IN).is_empty());
        assert!(warnings(&Facts::default()).is_empty());
    }
}
