//! The sandbox from outside: its program, its sockets and its command line. Unix only, for its signals and shell.

#![cfg(unix)]

mod command_line;
mod connections;
mod control;
mod process;
mod support;
mod tls;
