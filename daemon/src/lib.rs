//! appd, the per-user supervisor: identity, lifecycle, policy, registry, notices.
//!
//! ```text
//!  server ─ one task per connection ──► supervisor ─ the table of live sessions
//!     │                                     │ one actor per live session
//!     │                                     ▼
//!     │                               session::actor ──► session::link ──socket── holder
//!     ▼                                     │
//!   store ◄─────────────────────────────────┘        notify ──D-Bus── desktop
//!     └─ one thread that owns the registry              ▲
//!             └─────────── a notice is due ─────────────┘
//! ```
//!
//! # Invariants
//!
//! 1. The daemon never carries a byte of a terminal, and it may die at any instant:
//!    what it knows is in the registry and in the session directories.
//! 2. State has one owner: the table belongs to the supervisor, a session to its actor,
//!    the registry to its thread. Everybody else sends messages through bounded queues.
//! 3. Nothing is read, listed or kept in memory for sessions that ended.
//! 4. Nothing wakes up when nothing happens.

pub mod boot;
pub mod budget;
pub mod clocks;
pub mod comeback;
pub mod config;
pub mod daemon;
pub mod details;
pub mod disk;
pub mod door;
pub mod equip;
pub mod gather;
pub mod idle;
pub mod ledger;
pub mod log;
pub mod look;
pub mod manager;
pub mod next_run;
pub mod notify;
pub mod pressure;
pub mod profiles;
pub mod prune;
pub mod rebuild;
pub mod recover;
pub mod scope;
pub mod server;
pub mod service;
pub mod session;
pub mod store;
pub mod supervisor;
pub mod usage;
