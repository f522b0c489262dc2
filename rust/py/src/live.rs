//! A run that is under way: the core's machine under a lock, and what wakes whom.
//!
//! Under the lock only pointers move: no Python code runs, no Python container is made and no
//! reference is released, because each of these can give up the interpreter while the lock is held.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::time::Duration;

use engine_core::plan::{Lane, NodeIndex};
use engine_core::run::{Call, Cause, Fact, Failure, NodeState, Run as CoreRun, RunState, Slot, Start};
use engine_core::time::Time;
use engine_host::helpers::Task;
use engine_host::watchdog::Watched;
use engine_host::{clock, lock, random};
use pyo3::prelude::*;

use crate::context;
use crate::event::{Data, EVENTS_MAX, Kind, Watch, Where};
use crate::exit;
use crate::host;
use crate::plan::Shared;

/// How often a wait on the main thread looks for signals, such as Ctrl-C.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// How many siblings the watchdog calls help for at a time.
const HELP_MAX: usize = 8;

/// How far beyond a full stream a node on the event loop may emit, where it cannot be made to wait.
const EVENTS_OVER_MAX: usize = 10 * EVENTS_MAX;

/// A reference to a Python object that the core carries about.
pub(crate) type Object = Py<PyAny>;

/// A run and all who take part in it.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) plan: Arc<Shared>,
    state: Mutex<State>,
    /// Signalled when something has changed for a thread that waits.
    changed: Condvar,
    progress: AtomicU32,
    /// Whether the watchdog has this run on its list.
    listed: AtomicBool,
    /// The context in which the run was started.
    pub(crate) context: Mutex<Object>,
    pub(crate) about: About,
    id: OnceLock<Box<str>>,
}

/// What was said about a run when it was started.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // Four things that are so or not, each for itself.
pub(crate) struct About {
    pub(crate) tags: Option<Object>,
    pub(crate) caller: Option<Object>,
    pub(crate) parent: Option<Arc<Live>>,
    pub(crate) deadline: Option<Time>,
    /// Whether every sibling goes to a helper of its own (the stealing mode of tests).
    pub(crate) steals: bool,
    /// Whether the run is driven by an event loop.
    pub(crate) on_loop: bool,
    /// Whether the run has a deadline of its own, rather than only that of its parent.
    pub(crate) own_deadline: bool,
    /// Whether somebody holds the run and may cancel it from outside of the task that drives it.
    pub(crate) is_held: bool,
}

/// What changes while a run is under way.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // Things that are so or not, each for itself.
pub(crate) struct State {
    pub(crate) run: CoreRun<Object>,
    /// Helper threads in this run.
    pub(crate) working: u32,
    /// Jobs of this run in the helper queue.
    pub(crate) queued: u32,
    /// Helper threads that have come and not taken a node yet.
    pub(crate) arriving: u32,
    /// Threads that wait for `changed`, whatever changes.
    waiting: u32,
    /// Threads that wait for the end of a run that an event loop drives.
    awaiting_end: u32,
    /// Those of them that tell the run the time.
    keeping_time: u32,
    /// The moment at which the timekeeper, or the event loop that drives it, will tell it.
    pub(crate) reminder: Option<Time>,
    /// Wakes the event loop that drives the run.
    pub(crate) waker: Option<Object>,
    /// Whether the waker was called since the loop last looked.
    pub(crate) woken: bool,
    pub(crate) watch: Option<Box<Watch>>,
    pub(crate) followers: Option<Box<Followers>>,
    /// The failure that is to be told next, in words.
    pub(crate) words: Option<Box<Data>>,
    /// Whether a call on the event loop was stopped that its task has not been told of.
    pub(crate) has_stopped: bool,
    /// Whether a driver has begun.
    pub(crate) begun: bool,
    pub(crate) ended: bool,
}

/// Who is told when a run ends; most runs have nobody.
#[derive(Debug, Default)]
pub(crate) struct Followers {
    /// Called once when the run has finished.
    pub(crate) finish_wakers: Vec<Object>,
    /// Runs that its nodes have started.
    children: Vec<Weak<Live>>,
}

impl State {
    pub(crate) fn followers(&mut self) -> &mut Followers {
        self.followers.get_or_insert_default()
    }
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// That something changes in the run; it serves the run's timers meanwhile.
    Change,
    /// The end of a run that an event loop drives; it serves the timers that it knows of.
    End,
    /// An event of the run; timers are the matter of others.
    Event,
}

/// What to do once the lock is released: start threads, call wakers.
#[derive(Debug, Default)]
pub(crate) struct Aftermath {
    jobs: usize,
    wakers: Vec<Object>,
    list: bool,
    notify: bool,
    reminder: Option<Time>,
    children: Vec<Arc<Live>>,
    /// Calls on threads that are no longer waited for.
    overruns: usize,
    /// What nobody holds any more.
    released: Vec<Slot<Object>>,
    /// The same, of outputs that facts have held.
    told: Vec<Arc<Slot<Object>>>,
}

impl Live {
    #[allow(clippy::too_many_arguments)] // Once, from two constructors.
    pub(crate) fn new(
        py: Python<'_>,
        plan: &Arc<Shared>,
        mut start: Start<Object>,
        mut about: About,
        id: Option<String>,
        watch: Option<Watch>,
    ) -> PyResult<Arc<Self>> {
        about.own_deadline = about.deadline.is_some();
        let parent = context::current(py)?.and_then(|place| place.get().live.upgrade());
        // What a node left behind and goes on after its run has succeeded is nobody's child.
        if let Some(parent) = parent.filter(|parent| !parent.has_succeeded()) {
            about.deadline = match (about.deadline, parent.about.deadline) {
                (Some(own), Some(inherited)) => Some(own.min(inherited)),
                (own, inherited) => own.or(inherited),
            };
            about.parent = Some(parent);
        }
        start.at = clock::timestamp();
        start.deadline = about.deadline;
        start.record = watch.is_some();
        let run = CoreRun::new(plan.core.clone(), start);
        let state = State {
            run,
            working: 0,
            queued: 0,
            arriving: 0,
            waiting: 0,
            awaiting_end: 0,
            keeping_time: 0,
            reminder: None,
            waker: None,
            woken: false,
            watch: watch.map(Box::new),
            followers: None,
            words: None,
            has_stopped: false,
            begun: false,
            ended: false,
        };
        let live = Arc::new(Self {
            plan: plan.clone(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            progress: AtomicU32::new(0),
            listed: AtomicBool::new(false),
            context: Mutex::new(context::copy_current(py)?),
            about,
            id: id.map_or_else(OnceLock::new, |id| OnceLock::from(Box::from(id))),
        });
        let mut cancelled = false;
        if let Some(parent) = &live.about.parent {
            // Either the parent is ending already, or its end will find this child.
            let mut state = parent.lock();
            cancelled = state.run.is_stopping();
            let children = &mut state.followers().children;
            children.retain(|child| child.strong_count() > 0);
            children.push(Arc::downgrade(&live));
        }
        let mut state = live.lock();
        if let Some(watch) = &mut state.watch {
            watch.push(Kind::RunStarted, None, 0, Data::None);
        }
        if cancelled {
            state.run.handle_cancelled();
        }
        live.after_change(py, state);
        Ok(live)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn id(&self) -> &str {
        self.id.get_or_init(|| random::run_id().into())
    }

    /// The context in which the run was started.
    pub(crate) fn context(&self, py: Python<'_>) -> Object {
        lock(&self.context).clone_ref(py)
    }

    fn has_succeeded(&self) -> bool {
        let state = self.lock();
        state.ended && !state.run.is_stopping()
    }

    /// Whether nodes leave the driving thread only for the sake of the parent's deadline. The parent's
    /// node is on a thread that may be left behind already, so where threads are short this run may
    /// do without another one; else nested runs could all wait for threads that wait for them.
    pub(crate) fn may_do_without_threads(&self) -> bool {
        let about = &self.about;
        !about.on_loop && !about.steals && !about.own_deadline && about.deadline.is_some()
    }

    /// Whether sync nodes leave the driving thread, because it must be able to go on without them.
    fn leaves_driver(&self) -> bool {
        let about = &self.about;
        about.on_loop || about.deadline.is_some() || about.steals || self.plan.core.may_stop
    }

    /// Whether coroutines are left to further tasks, which can be stopped one by one.
    pub(crate) fn delegates(&self) -> bool {
        self.about.on_loop && self.plan.core.may_stop
    }

    /// The lanes that the driving thread takes nodes from.
    pub(crate) fn driver_lanes(&self) -> &'static [Lane] {
        let leaves =
            self.leaves_driver() && !(self.may_do_without_threads() && host::helpers().is_exhausted());
        match (self.about.on_loop, leaves) {
            (true, _) if self.delegates() => &[Lane::Quick, Lane::Caller],
            (true, _) => &[Lane::Quick, Lane::Caller, Lane::Loop],
            (false, true) => &[Lane::Quick, Lane::Caller],
            (false, false) => &[Lane::Quick, Lane::Caller, Lane::Any],
        }
    }

    /// Takes the next node for a thread, unless the reader of the run's stream is too far behind.
    pub(crate) fn poll_call(&self, py: Python<'_>, state: &mut State, lanes: &[Lane]) -> Option<Call> {
        if state.watch.is_some() {
            tell_facts(py, state);
        }
        if state.watch.as_ref().is_some_and(|watch| watch.is_full()) && !state.run.is_stopping() {
            return None;
        }
        let call = state.run.poll_call(lanes, clock::now)?;
        self.progress.fetch_add(1, Ordering::Relaxed);
        if let Some(watch) = &mut state.watch {
            let path = state.run.path(call.frame).unwrap_or_default();
            watch.push(
                Kind::NodeStarted,
                Some(Where { path, node: Some(call.node) }),
                call.attempt,
                Data::None,
            );
        }
        Some(call)
    }

    /// Wakes the threads that wait for a change.
    pub(crate) fn notify(&self) {
        if self.about.steals {
            self.changed.notify_all();
        }
    }

    /// Looks what a change means for others, and sees to it once the lock is released.
    pub(crate) fn after_change(self: &Arc<Self>, py: Python<'_>, mut state: MutexGuard<'_, State>) {
        let aftermath = self.look_around(py, &mut state);
        drop(state);
        if let Some(aftermath) = aftermath {
            aftermath.carry_out(py, self);
        }
    }

    /// The part of `after_change` under the lock. `None`, the usual case, asks for nothing.
    pub(crate) fn look_around(&self, py: Python<'_>, state: &mut State) -> Option<Aftermath> {
        if state.watch.is_some() {
            tell_facts(py, state);
        }
        let leftovers =
            state.run.has_leftovers() || state.watch.as_ref().is_some_and(|watch| watch.has_told());
        let leftovers = leftovers.then(|| self.take_leftovers(state));
        let finished = state.run.is_finished();
        let watched = state.watch.as_ref().is_some_and(|watch| !watch.wakers.is_empty());
        if finished && state.is_unattended() {
            state.ended = true;
            return leftovers;
        }
        // Before its driver has begun nothing of a run starts: the driver may have to open resources.
        let ready = state.begun && !finished && state.run.has_ready(&[Lane::Any, Lane::Helper]);
        let (jobs, list) = if ready { self.call_for_threads(state) } else { (0, false) };
        let reminder = self.reminder(state).filter(|_| !finished);
        if reminder.is_none()
            && !finished
            && jobs == 0
            && !list
            && !watched
            && state.waiting == 0
            && state.waker.is_none()
        {
            return leftovers;
        }
        let leftovers = leftovers.unwrap_or_default();
        let notify = state.waiting > 0 || (finished && state.awaiting_end > 0);
        let mut aftermath = Aftermath { jobs, list, notify, reminder, ..leftovers };
        if finished && !state.ended {
            state.ended = true;
            let name = state_name(state);
            if let Some(watch) = &mut state.watch {
                watch.push(Kind::RunFinished, None, 0, Data::State(name));
            }
            if let Some(followers) = &mut state.followers {
                aftermath.wakers.append(&mut followers.finish_wakers);
            }
        }
        if let Some(watch) = &mut state.watch {
            aftermath.wakers.append(&mut watch.wakers);
        }
        if let Some(waker) = &state.waker
            && !state.woken
            && (finished
                || state.run.is_stopping()
                || state.has_stopped
                || state.run.has_ready(self.woken_by())
                || is_earlier(state.run.poll_timer(), state.reminder))
        {
            state.woken = true;
            aftermath.wakers.push(waker.clone_ref(py));
        }
        if state.run.is_stopping()
            && let Some(followers) = &mut state.followers
        {
            let children = std::mem::take(&mut followers.children);
            aftermath.children = children.iter().filter_map(Weak::upgrade).collect();
        }
        Some(aftermath)
    }

    /// How many jobs the helper queue is to get, and whether the watchdog is to list the run.
    fn call_for_threads(&self, state: &mut State) -> (usize, bool) {
        let jobs = self.wanted_jobs(state);
        state.queued += jobs as u32;
        // Siblings wait while a node is under way: it may turn out to block.
        let waits = state.run.in_flight() > 0 && state.run.has_ready(&[Lane::Any]);
        let is_listed = self.listed.load(Ordering::Relaxed);
        (jobs, waits && !is_listed && !self.listed.swap(true, Ordering::Relaxed))
    }

    /// The lanes whose nodes the loop is woken for.
    fn woken_by(&self) -> &'static [Lane] {
        if self.delegates() { &[Lane::Quick, Lane::Caller, Lane::Loop] } else { self.driver_lanes() }
    }

    /// Takes what the run has given up: calls that were stopped, and what only the host may release.
    #[cold]
    fn take_leftovers(&self, state: &mut State) -> Aftermath {
        let mut aftermath = Aftermath { released: state.run.take_released(), ..Aftermath::default() };
        while let Some(call) = state.run.poll_stop() {
            if self.plan.lane(call.node) == Some(Lane::Loop) {
                state.has_stopped = true;
            } else {
                aftermath.overruns += 1;
            }
        }
        if let Some(watch) = &mut state.watch {
            aftermath.told = watch.take_told();
        }
        aftermath
    }

    /// The moment for which the timekeeper is wanted: a timer that nobody looks after. An event loop
    /// has timers of its own, and a driver that waits keeps the time itself.
    fn reminder(&self, state: &mut State) -> Option<Time> {
        if self.about.on_loop || state.keeping_time > 0 {
            return None;
        }
        if !self.plan.has_timers && self.about.deadline.is_none() {
            return None;
        }
        let timer = state.run.poll_timer()?;
        let is_new = state.reminder.is_none_or(|known| timer < known || known <= clock::now());
        is_new.then(|| {
            state.reminder = Some(timer);
            timer
        })
    }

    /// How many jobs the helper queue should get.
    fn wanted_jobs(&self, state: &State) -> usize {
        let must_leave = state.run.count_ready(Lane::Helper, usize::MAX);
        let may_leave = state.run.count_ready(Lane::Any, if self.about.steals { usize::MAX } else { 1 });
        let wanted = if self.about.steals {
            must_leave + may_leave
        } else if self.leaves_driver() && state.working + state.queued == 0 && must_leave == 0 {
            may_leave
        } else {
            must_leave
        };
        wanted.saturating_sub((state.queued + state.arriving) as usize)
    }

    /// Waits until the run has ended; see `wait`.
    pub(crate) fn wait_for_end(self: &Arc<Self>, py: Python<'_>, deadline: Option<Time>) -> PyResult<bool> {
        // An event loop has timers of its own, so that nothing but the end has to wake who waits for it.
        let wait = if self.about.on_loop { Wait::End } else { Wait::Change };
        self.wait(py, deadline, wait, |state| state.ended)
    }

    /// Waits until `is_done`, at most until `deadline`. Gives whether it is done.
    ///
    /// # Errors
    /// What a signal handler raises, on the main thread.
    pub(crate) fn wait(
        self: &Arc<Self>,
        py: Python<'_>,
        deadline: Option<Time>,
        wait: Wait,
        mut is_done: impl FnMut(&mut State) -> bool + Send,
    ) -> PyResult<bool> {
        let slice = host::is_main_thread(py).then_some(SIGNAL_CHECK);
        let serves_timers = wait != Wait::Event;
        loop {
            let (done, timer) = exit::detach(py, || {
                let mut state = self.lock();
                let started = clock::now();
                loop {
                    if is_done(&mut state) {
                        return (true, false);
                    }
                    let timer = if serves_timers { state.run.poll_timer() } else { None };
                    let now = clock::now();
                    let slice_ends = slice.map(|slice| started.after(slice));
                    let wake = [deadline, timer, slice_ends].into_iter().flatten().min();
                    if wake.is_some_and(|wake| wake <= now) {
                        return (false, timer.is_some_and(|timer| timer <= now));
                    }
                    *state.waiters(wait) += 1;
                    state.keeping_time += u32::from(serves_timers);
                    state = match wake {
                        Some(wake) => match self.changed.wait_timeout(state, wake.since(now)) {
                            Ok((state, _)) => state,
                            Err(poisoned) => poisoned.into_inner().0,
                        },
                        None => match self.changed.wait(state) {
                            Ok(state) => state,
                            Err(poisoned) => poisoned.into_inner(),
                        },
                    };
                    state.keeping_time -= u32::from(serves_timers);
                    *state.waiters(wait) -= 1;
                }
            });
            if done {
                return Ok(true);
            }
            py.check_signals()?;
            if timer {
                self.serve_time(py);
            } else if deadline.is_some_and(|deadline| deadline <= clock::now()) {
                return Ok(false);
            }
        }
    }

    /// A short wait of an event loop until `is_done`: it serves no timers and sees no signals.
    pub(crate) fn wait_quietly(
        &self,
        py: Python<'_>,
        deadline: Time,
        mut is_done: impl FnMut(&mut State) -> bool + Send,
    ) -> bool {
        exit::detach(py, || {
            let mut state = self.lock();
            loop {
                if is_done(&mut state) {
                    return true;
                }
                let left = clock::until(deadline);
                if left.is_zero() {
                    return false;
                }
                state.waiting += 1;
                state = match self.changed.wait_timeout(state, left) {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                };
                state.waiting -= 1;
            }
        })
    }

    /// Tells the run the time.
    pub(crate) fn serve_time(self: &Arc<Self>, py: Python<'_>) {
        let mut state = self.lock();
        let threads = state.run.in_flight() - state.run.on_loop();
        state.run.handle_time(clock::now(), random::unit);
        // Calls on threads that are no longer waited for.
        let left = threads - (state.run.in_flight() - state.run.on_loop());
        let aftermath = self.look_around(py, &mut state);
        drop(state);
        host::helpers().add_overruns(left as usize);
        if let Some(aftermath) = aftermath {
            aftermath.carry_out(py, self);
        }
    }

    /// Cancels the run, and with it the runs that its nodes started.
    pub(crate) fn cancel(self: &Arc<Self>, py: Python<'_>) -> bool {
        self.stop(py, CoreRun::handle_cancelled)
    }

    /// Ends the run because its driver cannot go on.
    pub(crate) fn abort(self: &Arc<Self>, py: Python<'_>, error: Object) -> bool {
        self.stop(py, |run| run.handle_aborted(error))
    }

    /// Ends the run without waiting for calls on threads; false if it was ending already.
    fn stop(self: &Arc<Self>, py: Python<'_>, stop: impl FnOnce(&mut CoreRun<Object>)) -> bool {
        let mut state = self.lock();
        if state.ended || state.run.is_stopping() {
            return false;
        }
        let threads = state.run.in_flight() - state.run.on_loop();
        stop(&mut state.run);
        let stopped = state.run.is_stopping();
        let aftermath = self.look_around(py, &mut state);
        drop(state);
        host::helpers().add_overruns(threads as usize);
        if let Some(aftermath) = aftermath {
            aftermath.carry_out(py, self);
        }
        stopped
    }

    /// Takes data that a node sends.
    pub(crate) fn emit(
        self: &Arc<Self>,
        py: Python<'_>,
        call: Call,
        data: Object,
        on_loop: bool,
    ) -> PyResult<()> {
        let has_room = |state: &mut State| {
            state.run.is_stopping() || state.watch.as_ref().is_none_or(|watch| !watch.is_full())
        };
        if !on_loop {
            self.wait(py, None, Wait::Change, has_room)?;
        }
        let mut state = self.lock();
        let Some(watch) = &state.watch else { return Ok(()) };
        if on_loop && watch.is_stream && watch.len() >= EVENTS_OVER_MAX {
            drop(state);
            let message =
                "the reader of the stream is too far behind; await something between calls of `emit`";
            return Err(crate::error::limit(py, message, "events of a stream", EVENTS_OVER_MAX));
        }
        let path = state.run.path(call.frame).unwrap_or_default();
        let Some(watch) = &mut state.watch else { return Ok(()) };
        watch.push(
            Kind::NodeEmitted,
            Some(Where { path, node: Some(call.node) }),
            call.attempt,
            Data::Object(data),
        );
        self.after_change(py, state);
        Ok(())
    }
}

impl State {
    /// Whether nobody waits for anything of this run but its driver.
    fn is_unattended(&self) -> bool {
        self.waiting + self.awaiting_end == 0
            && self.waker.is_none()
            && self.watch.is_none()
            && self.followers.is_none()
    }

    fn waiters(&mut self, wait: Wait) -> &mut u32 {
        if wait == Wait::End { &mut self.awaiting_end } else { &mut self.waiting }
    }
}

impl Aftermath {
    pub(crate) fn carry_out(self, py: Python<'_>, live: &Arc<Live>) {
        let _inside = exit::Inside::new(py);
        host::helpers().add_overruns(self.overruns);
        drop((self.released, self.told));
        if self.notify {
            live.changed.notify_all();
        }
        for _ in 0..self.jobs {
            host::push(py, live, Task::Help);
        }
        if self.list {
            host::watch(py, live);
        }
        if let Some(moment) = self.reminder {
            host::remind(py, live, moment);
        }
        for waker in self.wakers {
            // A waker belongs to an event loop that may have been closed; then nobody waits.
            if let Err(error) = waker.call0(py)
                && !error.is_instance_of::<pyo3::exceptions::PyRuntimeError>(py)
            {
                error.write_unraisable(py, None);
            }
        }
        for child in self.children {
            child.cancel(py);
        }
    }
}

impl Watched for Live {
    fn progress(&self) -> u32 {
        self.progress.load(Ordering::Relaxed)
    }

    fn call_help(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        let ready = state.run.count_ready(Lane::Any, HELP_MAX);
        if ready == 0 {
            self.listed.store(false, Ordering::Relaxed);
            return false;
        }
        let jobs = ready.saturating_sub(state.queued as usize);
        state.queued += jobs as u32;
        drop(state);
        for _ in 0..jobs {
            host::push_from_watchdog(self.clone());
        }
        true
    }

    fn is_worth_watching(&self) -> bool {
        let state = self.lock();
        let worth = state.run.count_ready(Lane::Any, 1) > 0;
        if !worth {
            self.listed.store(false, Ordering::Relaxed);
        }
        worth
    }
}

/// Makes events of what the core has done.
fn tell_facts(py: Python<'_>, state: &mut State) {
    while let Some(fact) = state.run.poll_fact() {
        let run = &state.run;
        let Some(watch) = &mut state.watch else { return };
        match fact {
            // A route that gave a value without a case has not finished, but failed.
            Fact::Completed(site, None) if run.node_state(site.node) == NodeState::Failed => {}
            Fact::Completed(site, None) => {
                let data = Data::of_slot(py, run.output(site.node));
                let attempt = site.attempt;
                watch.push(Kind::NodeFinished, Some(site.into()), attempt, data);
            }
            Fact::Completed(site, Some(output)) => {
                let (attempt, data) = (site.attempt, Data::of_slot(py, &output));
                watch.push(Kind::NodeFinished, Some(site.into()), attempt, data);
                watch.keep_told(output);
            }
            Fact::Skipped(site) => watch.push(Kind::NodeSkipped, Some(site.into()), 0, Data::None),
            Fact::Cancelled(site) => {
                let attempt = site.attempt;
                watch.push(Kind::NodeCancelled, Some(site.into()), attempt, Data::None);
            }
            Fact::Retrying(site, at) => {
                let (attempt, delay) = (site.attempt, clock::until(at).as_secs_f64());
                watch.push(Kind::NodeRetrying, Some(site.into()), attempt, Data::Delay(delay));
                state.words = None;
            }
            Fact::Restarting(site, item, at) => {
                let (attempt, delay) = (site.attempt, clock::until(at).as_secs_f64());
                let place = Where::item(site, item);
                watch.push(Kind::NodeRetrying, Some(place), attempt, Data::Delay(delay));
                state.words = None;
            }
            Fact::Excused(site, error) => {
                let (attempt, words) = (site.attempt, state.words.take());
                let data = words.map_or(Data::Json(error), |words| *words);
                watch.push(Kind::NodeFailed, Some(site.into()), attempt, data);
            }
            Fact::Ended => {
                if let Some(Failure::Node { path, node, attempt, cause }) = run.failure() {
                    let data = match cause {
                        Cause::Host(_) => state.words.take().map_or(Data::None, |words| *words),
                        other => Data::of_cause(py, other),
                    };
                    let place = Where { path: path.clone(), node: Some(*node) };
                    watch.push(Kind::NodeFailed, Some(place), *attempt, data);
                }
            }
        }
    }
}

/// Whether there is a timer for which a loop that looks again at `known` would be late.
fn is_earlier(timer: Option<Time>, known: Option<Time>) -> bool {
    timer.is_some_and(|timer| known.is_none_or(|known| timer < known))
}

pub(crate) fn state_name(state: &State) -> &'static str {
    match state.run.state() {
        RunState::Running | RunState::Waiting if !state.begun => "queued",
        RunState::Running => "running",
        RunState::Waiting => "waiting",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
    }
}

pub(crate) fn node_state_name(state: &State, node: NodeIndex) -> &'static str {
    match state.run.node_state(node) {
        NodeState::Pending | NodeState::Ready | NodeState::Retrying if state.ended => "cancelled",
        NodeState::Pending | NodeState::Ready => "pending",
        NodeState::Running => "running",
        NodeState::Retrying => "retrying",
        NodeState::Succeeded => "succeeded",
        NodeState::Failed => "failed",
        NodeState::Skipped | NodeState::Excluded => "skipped",
        NodeState::Given => "given",
        NodeState::Cancelled => "cancelled",
    }
}
