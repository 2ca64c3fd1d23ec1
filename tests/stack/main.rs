//! The template and the definition as a platform team would look at them: what
//! its roles may do, what it starts and stops, when it runs, how much it holds.

mod account_gate;
mod alerts;
mod capacities;
mod chunks;
mod failed_report;
mod full_size;
mod lifecycle;
mod loads;
mod machines;
mod open_loop;
mod privilege;
mod queries;
mod schedules;
mod second_interpreter;
mod secrets;
mod sweeper;
mod template;
mod throttling;
mod versions;
