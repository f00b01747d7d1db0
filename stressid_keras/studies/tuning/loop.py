"""The loop of a search: values are asked of an oracle, tried by as many workers as there are, and told."""

import concurrent.futures

import numpy as np

from stressid_keras.errors import StressIDError
from stressid_keras.studies.tuning.trials import TrialScores
from stressid_keras.studies.tuning.workers import Workers, has_lost_its_worker

OBJECTIVE = "balanced_accuracy"  # of each fold
FEWEST_TO_COMPARE = 3  # trials, before one can be below their median
# A search is given up after so many failed trials on end: then it is not their values that are at fault.
MOST_FAILURES = 10
MOST_KILLED = 2  # processes, before it is the trial that is at fault


class Loop:
    """Asks, submits, and tells, until the oracle stops.

    A trial is given up after its first folds where it is below the median of the trials before it on the same folds:
    the median stopping rule of D. Golovin et al., "Google Vizier: A Service for Black-Box Optimization", KDD 2017.
    Which trials those are depends on the order in which they end, and so on the workers. The oracle is told scores as
    if on all folds (`TrialScores.beside`).
    """

    def __init__(self, search, workers: Workers, progress):
        self.search = search
        self.workers = workers
        self.progress = progress
        self.oracle = search.open_oracle()
        self.default = search.default()
        self.asked = {}  # by number, what the oracle calls a trial
        self.active: list[TrialScores] = []
        self.running: dict[concurrent.futures.Future, tuple[TrialScores, list[int]]] = {}
        self.finished: list[TrialScores] = []
        self.failures = 0  # on end
        self.stopped = False

    def run(self) -> list[TrialScores]:
        """The default, then all trials, the best first."""
        for number in self.oracle.end_order:  # of a search that goes on
            self._remember(self.oracle.trials[number])
        self._begin(self.default)
        try:
            self._work()
        except BaseException:
            for future in self.running:
                future.cancel()
            raise
        done = sorted(self.finished, key=lambda trial: (*self._rank(trial), int(trial.number)))
        if not any(trial.is_whole for trial in done):
            reasons = [trial.failed for trial in done if trial.failed] or ["none has ended"]
            raise StressIDError(
                f"no trial of the search could be scored, the first for this reason: {reasons[0]}"
            )
        return [self.default, *done]

    def _work(self) -> None:
        while True:
            while len(self.running) < self.workers.slots() and (call := self._next_call()):
                self._submit(*call)
            if not self.running:
                return
            done, _ = concurrent.futures.wait(self.running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                self._receive(future)

    def _next_call(self) -> tuple[TrialScores, list[int]] | None:
        """A trial and folds of it to train, of the trials that have begun, or else of a new one."""
        while True:
            for trial in self.active:
                if places := self._open_places(trial):
                    return trial, places[: self.workers.at_once]
            if self.stopped or not self._ask():
                return None

    def _open_places(self, trial: TrialScores) -> list[int]:
        """Folds of a trial that can be trained now: the first ones, and the others once these have let it pass; all of
        one that nothing could be said against."""
        if trial.failed:
            return []
        wanted, first = range(trial.folds), self.search.first_folds
        if trial is not self.default and len(self._to_compare(trial)) >= FEWEST_TO_COMPARE:
            wanted = first if trial.on(first) is None else wanted
        busy = {place for other, places in self.running.values() if other is trial for place in places}
        found = [place for place in wanted if place not in busy and place not in trial.scores]
        # What trials have in common of a fold is made by the first that comes to it, while the others wait: two that
        # begin together take the folds from both ends.
        return found[::-1] if len(self.running) % 2 else found

    def _ask(self) -> bool:
        """Whether the oracle had another trial, which has begun."""
        asked = self.oracle.create_trial(f"worker{len(self.asked)}")
        if asked.status != "RUNNING":
            self.stopped = asked.status == "STOPPED"
            return False
        trial = self.search.trial_of(asked)
        self.asked[trial.number] = asked
        self._begin(trial)
        return True

    def _begin(self, trial: TrialScores) -> None:
        self.active.append(trial)
        self._record(trial, {} if trial.failed else self.search.known_scores(trial))

    def _submit(self, trial: TrialScores, places: list[int]) -> None:
        search = self.search
        contexts = search.contexts(trial, places)
        self.running[self.workers.submit(contexts, search.options.network, search.data_key)] = trial, places

    def _receive(self, future: concurrent.futures.Future) -> None:
        trial, places = self.running.pop(future)
        try:
            found = dict(zip(places, future.result(), strict=False))
        except Exception as error:
            if not isinstance(error, StressIDError) and not has_lost_its_worker(error):
                raise
            # The process was killed, perhaps for want of memory. What it had finished is kept.
            trial.killed += 1
            known = self.search.known_scores(trial)
            found = {place: known[place] for place in places if place in known}
            lost = [place for place in places if place not in found]
            if lost and trial.killed >= MOST_KILLED:
                found[lost[0]] = {"failed": str(error) or "its worker was lost"}
        self._record(trial, found)

    def _record(self, trial: TrialScores, found: dict[int, dict]) -> None:
        """Add what folds gave, and end whatever has its last score or is given up."""
        for place in sorted(found):
            if reason := found[place].get("failed"):
                trial.failed = trial.failed or reason
            else:
                trial.scores[place] = found[place][OBJECTIVE]
        if self.default.failed:
            raise StressIDError(f"the configuration itself cannot be scored: {self.default.failed}")
        if trial is self.default:
            if trial.is_whole and trial in self.active:
                self.active.remove(trial)
                for other in list(self.active):  # which waited for it
                    self._end_if_over(other)
        elif self.default.is_whole or trial.failed:
            self._end_if_over(trial)

    def _end_if_over(self, trial: TrialScores) -> None:
        is_busy = any(other is trial for other, _ in self.running.values())
        if (
            trial in self.active
            and not is_busy
            and (trial.failed or trial.is_whole or self._is_hopeless(trial))
        ):
            self._end(trial)

    def _is_hopeless(self, trial: TrialScores) -> bool:
        own, others = trial.on(self.search.first_folds), self._to_compare(trial)
        if own is None or len(trial.scores) > len(self.search.first_folds):
            return False
        return len(others) >= FEWEST_TO_COMPARE and own < float(np.median(others))

    def _to_compare(self, trial: TrialScores) -> list[float]:
        """What trials of as many epochs had on the first folds."""
        others = [other for other in self.finished if other.epochs == trial.epochs]
        others += [] if trial.epochs else [self.default]
        found = [other.on(self.search.first_folds) for other in others]
        return [score for score in found if score is not None]

    def _end(self, trial: TrialScores) -> None:
        self.active.remove(trial)
        self.finished.append(trial)
        asked = self.asked[trial.number]
        if trial.failed:
            asked.status, asked.message = "FAILED", trial.failed
        else:
            asked.status = "COMPLETED"
            self.oracle.update_trial(asked.trial_id, {"score": trial.beside(self.default)})
        self.oracle.end_trial(asked)
        self.failures = self.failures + 1 if trial.failed else 0
        if self.failures >= MOST_FAILURES and not self.stopped:
            self.stopped = True
            self.search.context.reporter.warn(
                f"The search ended early: {MOST_FAILURES} trials on end failed, the last for this reason: "
                f"{trial.failed}"
            )
        if self.progress:
            scores = [
                each.score for each in (self.default, *self.finished) if each.is_whole and not each.epochs
            ]
            self.progress(len(self.oracle.end_order), {"best": max(scores)} if scores else {})

    def _remember(self, asked) -> None:
        """A trial that ended before the search was interrupted."""
        trial = self.search.trial_of(asked)
        if not trial.failed:
            trial.scores = {
                place: score[OBJECTIVE] for place, score in self.search.known_scores(trial).items()
            }
        self.finished.append(trial)

    @staticmethod
    def _rank(trial: TrialScores) -> tuple:
        """Trials on all folds and epochs first, then shorter ones, those that were given up, and those that failed."""
        if trial.failed or not trial.scores:
            return (2, 0, 0.0)
        mean = float(np.mean(list(trial.scores.values())))
        return (int(not trial.is_whole), -(trial.epochs or np.inf), -mean)
