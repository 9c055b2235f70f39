//! Which agents are recognised, and what only looks like one.

use std::path::Path;

use super::*;
use crate::Profiles;

fn agent(line: &str) -> Option<String> {
    let argv: Vec<OsText> = line.split(' ').map(OsText::from).collect();
    let (profiles, errors) = Profiles::load(Path::new("/nonexistent/agents"));
    assert!(errors.is_empty(), "{errors:?}");
    profiles.of_argv(&argv).map(|profile| profile.name().to_owned())
}

#[test]
fn agents_are_recognised_behind_what_starts_them() {
    for (line, name) in [
        ("claude", "claude"),
        ("claude --resume abc", "claude"),
        ("/home/me/.local/bin/claude", "claude"),
        ("codex resume --last", "codex"),
        ("env -u FOO A=b claude", "claude"),
        ("env -i PATH=/bin nice -n 5 codex", "codex"),
        ("nice -10 nohup gemini", "gemini"),
        ("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "claude"),
        ("node --no-warnings -r x.js /opt/gemini.js --yolo", "gemini"),
        ("npx -y @openai/codex@0.169.0 exec", "codex"),
        ("npx --package @google/gemini-cli gemini", "gemini"),
        ("bunx opencode-ai@latest", "opencode"),
        ("bun x @github/copilot", "copilot"),
        ("pnpm dlx @sourcegraph/amp", "amp"),
        ("npm exec -- @anthropic-ai/claude-code", "claude"),
        ("python3.12 -m aider --model x", "aider"),
        ("python -W ignore -m aider.main", "aider"),
        ("uvx --from aider-chat aider", "aider"),
        ("uvx --python 3.12 aider-chat==0.80", "aider"),
        ("uv tool run aider-chat[help]", "aider"),
        ("pipx run aider-chat", "aider"),
        ("cursor-agent -p x", "cursor"),
        ("goose session", "goose"),
        ("/opt/amp.js", "amp"),
    ] {
        assert_eq!(agent(line).as_deref(), Some(name), "{line}");
    }
}

#[test]
fn what_only_mentions_an_agent_is_none() {
    for line in [
        "sh -c claude",
        "bash -lc claude",
        "vim claude",
        "grep codex notes",
        "node -e claude",
        "python -c aider",
        "python script.py aider",
        "env -S claude",
        "env",
        "nice -n",
        "npx -c claude",
        "claudette",
        "npm test claude",
        "ssh host claude",
        "env env env env env env env env env claude",
    ] {
        assert_eq!(agent(line), None, "{line}");
    }
    assert_eq!(started(&[]), None);
}
