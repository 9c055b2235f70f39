//! The units of this installation: the files of the repository with its paths in them.

use std::path::{Path, PathBuf};

use app_sys::places::Places;

use super::ServiceError;

/// Says in every file of ours that it is ours.
const MARK: &str = "`appctl service install`";

/// What a path may have so that it needs no quoting in either format.
const PLAIN: &str = "/._-+@~,=";

/// The program that the units of the repository start.
#[cfg(not(target_os = "macos"))]
const PROGRAM: &str = "%h/.local/bin/appd";

/// The socket that the units of the repository listen on.
#[cfg(not(target_os = "macos"))]
const SOCKET: &str = "%t/appctl/appd.sock";

/// A file that a manager reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitFile {
    /// Its name.
    pub(crate) name: &'static str,
    /// What is in it.
    pub(crate) text: String,
}

impl UnitFile {
    /// Whether a text is one of ours.
    pub(crate) fn is_ours(text: &str) -> bool {
        text.contains(MARK)
    }
}

/// What the files are to say.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// The daemon.
    pub(crate) program: PathBuf,
    /// Its control socket.
    pub(crate) socket: PathBuf,
    /// The places that were chosen by variables, so that the service has the same.
    pub(crate) variables: Vec<(&'static str, PathBuf)>,
}

impl Installation {
    /// Of this program's places.
    pub(crate) fn new(program: PathBuf, places: &Places) -> Self {
        let chosen = ["APPCTL_RUNTIME_DIR", "APPCTL_STATE_DIR", "APPCTL_CONFIG_DIR"]
            .into_iter()
            .filter_map(|name| Some((name, PathBuf::from(std::env::var_os(name)?))))
            .filter(|(_, path)| !path.as_os_str().is_empty());
        Self { program, socket: places.control_socket(), variables: chosen.collect() }
    }

    /// The files, for the manager of this system.
    #[cfg(not(target_os = "macos"))]
    pub(crate) fn files(&self) -> Result<Vec<UnitFile>, ServiceError> {
        let mut service = include_str!("../../../systemd/appd.service")
            .replace(PROGRAM, &systemd_path(&self.program)?);
        for (name, path) in &self.variables {
            let line = format!("Environment={name}={}\nKillMode=", systemd_path(path)?);
            service = service.replacen("KillMode=", &line, 1);
        }
        let socket = include_str!("../../../systemd/appd.socket")
            .replace(SOCKET, &systemd_path(&self.socket)?);
        Ok(vec![
            UnitFile { name: "appd.socket", text: socket },
            UnitFile { name: "appd.service", text: service },
        ])
    }

    /// The files, for the manager of this system.
    #[cfg(target_os = "macos")]
    pub(crate) fn files(&self) -> Result<Vec<UnitFile>, ServiceError> {
        let mut variables = String::new();
        for (name, path) in &self.variables {
            let path = plain(path)?;
            variables
                .push_str(&format!("        <key>{name}</key>\n        <string>{path}</string>\n"));
        }
        if !variables.is_empty() {
            let dict = "    <key>EnvironmentVariables</key>\n    <dict>\n";
            variables = format!("{dict}{variables}    </dict>\n\n");
        }
        let text = include_str!("../../../launchd/appd.plist")
            .replace("@PROGRAM@", plain(&self.program)?)
            .replace("@SOCKET@", plain(&self.socket)?)
            .replacen("    <key>Sockets</key>", &format!("{variables}    <key>Sockets</key>"), 1);
        Ok(vec![UnitFile { name: "appd.plist", text }])
    }
}

/// A path as it is. What would have to be quoted is refused: systemd.syntax(7) and XML
/// have rules of their own, and a wrong guess would start another program.
fn plain(path: &Path) -> Result<&str, ServiceError> {
    let fits = |c: char| c.is_alphanumeric() || PLAIN.contains(c);
    path.to_str()
        .filter(|text| path.is_absolute() && text.chars().all(fits))
        .ok_or_else(|| ServiceError::BadPath(path.into()))
}

/// A path for a unit. None of its plain characters is a specifier (`%`).
#[cfg(not(target_os = "macos"))]
fn systemd_path(path: &Path) -> Result<String, ServiceError> {
    plain(path).map(str::to_owned)
}

#[cfg(all(test, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn installation(program: &str) -> Installation {
        Installation {
            program: program.into(),
            socket: "/run/user/7/appctl/appd.sock".into(),
            variables: vec![("APPCTL_STATE_DIR", "/srv/state".into())],
        }
    }

    #[test]
    fn the_files_of_the_repository_get_the_paths_of_the_installation() {
        let files = installation("/opt/bin/appd").files().unwrap();
        let [socket, service] = &files[..] else { panic!("{files:?}") };
        assert!(socket.text.contains("\nListenStream=/run/user/7/appctl/appd.sock\n"));
        assert!(service.text.contains("\nExecStart=/opt/bin/appd\n"));
        assert!(
            service.text.contains("\nEnvironment=APPCTL_STATE_DIR=/srv/state\nKillMode=process")
        );
        assert!(files.iter().all(|file| UnitFile::is_ours(&file.text) && !file.text.contains("%")));
    }

    #[test]
    fn a_path_that_would_have_to_be_quoted_is_refused() {
        for path in ["/opt/my bin/appd", "/opt/%h/appd", "/opt/a\nb", "bin/appd", "/opt/$x"] {
            assert!(matches!(installation(path).files(), Err(ServiceError::BadPath(_))), "{path}");
        }
    }
}
