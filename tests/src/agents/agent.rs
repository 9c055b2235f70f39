//! What a test does with an agent, whichever it is.

use serde_json::Value;

use super::hooks::Hooks;
use super::rig::Rig;
use crate::session::Session;
use crate::wait;

/// Characters of a prompt that are on one line of the screen even when the rest is wrapped.
const ON_ONE_LINE: usize = 20;

/// An agent in a [`Rig`].
pub trait Agent<'r> {
    /// Where it lives.
    fn rig(&self) -> &'r Rig;

    /// What it tells.
    fn hooks(&self) -> &Hooks;

    /// How it is started.
    fn argv(&self) -> Vec<&str>;

    /// Waits until it takes prompts.
    fn wait_ready(&self, session: &Session<'_>);

    /// The event by which it tells that it has taken a prompt.
    fn prompt_event(&self) -> &'static str {
        "UserPromptSubmit"
    }

    /// The event by which it tells that a turn has ended.
    fn end_event(&self) -> &'static str {
        "Stop"
    }

    /// What it asks for permission with.
    fn question(&self) -> &'static str;

    /// The command that ends it.
    fn farewell(&self) -> &'static str;

    /// Starts it in the background, in the project, with more options of `appctl start` and
    /// more arguments of its own.
    #[track_caller]
    fn start_with(&self, options: &[&str], more: &[&str]) -> Session<'r> {
        let project = self.rig().project();
        let mut all = vec!["--cwd", project.to_str().unwrap()];
        all.extend(options);
        let argv = [self.argv(), more.to_vec()].concat();
        self.rig().home.start_with(&all, &argv)
    }

    /// Starts it in the background.
    #[track_caller]
    fn start(&self, name: &str) -> Session<'r> {
        self.start_with(&["-n", name], &[])
    }

    /// Starts it in the background, and waits until it takes prompts.
    #[track_caller]
    fn start_ready(&self, name: &str) -> Session<'r> {
        let session = self.start(name);
        self.wait_ready(&session);
        session
    }

    /// Types a text, and waits until it is to be seen.
    #[track_caller]
    fn type_text(&self, session: &Session<'_>, text: &str) {
        session.appctl("send", &["--", text]).ok();
        let beginning: String = text.chars().take(ON_ONE_LINE).collect();
        session.wait_screen_contains(beginning.trim_end());
    }

    /// Types a text and, once it is to be seen, Enter.
    #[track_caller]
    fn type_line(&self, session: &Session<'_>, text: &str) {
        self.type_text(session, text);
        session.appctl("send", &["--key", "enter"]).ok();
    }

    /// Gives it a prompt, and waits until it has taken it: the event.
    #[track_caller]
    fn prompt(&self, session: &Session<'_>, prompt: &str) -> Value {
        self.type_line(session, prompt);
        self.wait_taken(prompt)
    }

    /// Waits until it has taken a prompt: the event.
    #[track_caller]
    fn wait_taken(&self, prompt: &str) -> Value {
        self.hooks().wait(&format!("the prompt {prompt:?}"), |event| {
            event["hook_event_name"] == self.prompt_event() && event["prompt"] == prompt
        })
    }

    /// Waits until it asks for permission on the screen.
    #[track_caller]
    fn wait_asks(&self, session: &Session<'_>) -> String {
        session.wait_screen_contains(self.question())
    }

    /// Interrupts its turn.
    #[track_caller]
    fn interrupt(&self, session: &Session<'_>) {
        session.appctl("send", &["--key", "esc"]).ok();
    }

    /// Gives the permission that it asks for. A question that has just appeared takes no key
    /// yet, so this presses Enter until the question is gone; to one that comes late, an
    /// empty prompt is nothing.
    #[track_caller]
    fn allow(&self, session: &Session<'_>) {
        self.wait_asks(session);
        wait::until("the question to be gone", || {
            session.appctl("send", &["--key", "enter"]).ok();
            let screen = session.peek();
            if screen.contains(self.question()) { Err(screen) } else { Ok(()) }
        });
    }

    /// Has it leave, as a person would; what is known of the session then.
    #[track_caller]
    fn leave(&self, session: &Session<'_>) -> Value {
        self.type_line(session, self.farewell());
        session.wait_over()
    }
}
