"""The proof by branching on Lagrangian bounds: how many zones have their post in each region?

A bound stays low because it mixes two ways of dividing the lobes of a district. The number of posts
in a region separates them: a plan has at most q posts there, or at least q + 1. Regions are nested
or disjoint, so dynamic programming over them finds the best posts with all counts, and counts need
no prices. In each branch, pairs of post and site that no better plan can have are removed
(reduced-cost fixing), as are sites that a zone can no longer reach. Contiguity enters there and in
the whole zones of the chosen posts. Once all counts are settled, branches serve a site from some of
its posts, or from the others.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from zoneplanner.analysis.arrays import FloatArray, IntArray
from zoneplanner.analysis.districting.coordinate_costs import rank_costs
from zoneplanner.analysis.districting.kernel.branch import (
    MOST_REGIONS,
    BranchBound,
    BranchKernel,
    BranchState,
    PostCount,
)
from zoneplanner.analysis.districting.zone_group import (
    ZoneGroup,
    compute_assignment_cost,
    is_connected,
    pack_sites,
    unpack_sites,
)

PROOF_SLACK = 4e-7  # share of the cost by which a plan must be better to count as better
_ROOT_STEPS, _STEPS, _TRIAL_STEPS, _ROUNDS = 300, 60, 30, 3
_TRIALS, _EARLY_TRIALS, _EARLY = 12, 30, 4  # rules tried in a branch, and down to a depth of 4
_MANY_SITES, _FEW_TRIAL_STEPS = 100, 20  # with more sites, trials are fewer and shorter
_MAX_OFF_HALF = 0.45  # how far a mean count may be from a half
_DOUBLING = 0.04  # share of the cost: a gap that is this much wider doubles the tree
_MIN_SHARE = 1e-6
_NEAR_PACE = 0.1  # from prices that are already good
_BALL_SIZES = 40  # regions around each site


@dataclass(frozen=True, eq=False)
class CountRule:
    """Splits a branch: at most ``most`` posts among ``sites`` (bits), or more."""

    sites: int
    most: int


@dataclass(frozen=True, eq=False)
class ServeRule:
    """Splits a branch: ``site`` is served from one of ``posts`` (bits), or from another."""

    site: int
    posts: int


@dataclass(eq=False)
class ProofBranch:
    """A subset of all plans: its restrictions, its bound, and how it was split."""

    state: BranchState
    bound: float = -np.inf
    share: FloatArray | None = None
    rule: CountRule | ServeRule | None = None
    sides: tuple[ProofBranch, ...] = ()
    depth: int = 0


@dataclass(frozen=True, eq=False)
class CountProof:
    """The state of a proof: a bound on all plans, the best plan and its cost, and the tree."""

    bound: float
    assignment: IntArray
    cost: float
    root: ProofBranch
    ceiling: float


@dataclass(eq=False)
class _Tree:
    group: ZoneGroup
    kernels: tuple[BranchKernel, BranchKernel]
    pool: ThreadPoolExecutor
    assignment: IntArray
    cost: float
    balls: list[int]
    root: ProofBranch
    open: list[tuple[float, int, ProofBranch]] = field(default_factory=list)
    stranded: float = np.inf
    count: int = 0

    @property
    def ceiling(self) -> float:
        return self.cost * (1 - PROOF_SLACK)

    def push(self, branch: ProofBranch) -> None:
        if branch.bound < self.ceiling:
            self.count += 1
            heapq.heappush(self.open, (branch.bound, self.count, branch))

    def bound_branches(
        self, branches: Sequence[ProofBranch], *, steps: int, rounds: int, pace: float
    ) -> None:
        """Raise the bounds of one branch, or of both sides of one, each on a separate core."""
        ceiling = self.ceiling

        def improve(kernel: BranchKernel, branch: ProofBranch) -> BranchBound:
            return kernel.improve(branch.state, ceiling, steps=steps, rounds=rounds, pace=pace)

        for branch, result in zip(
            branches, self.pool.map(improve, self.kernels, branches), strict=True
        ):
            branch.bound = max(branch.bound, result.bound)
            branch.share = result.share
            branch.state.price = result.price
            self._record_plan(result)

    def _record_plan(self, result: BranchBound) -> None:
        """Store the plan found in a branch, if it is valid and the best."""
        if result.posts is None:
            return
        assignment = _label_posts(self.group, result.posts)
        if assignment is None:
            return
        cost = compute_assignment_cost(self.group, assignment)
        if cost < self.cost:
            self.assignment, self.cost = assignment, cost

    def step(self, current: float = np.inf) -> CountProof:
        least = min(current, self.stranded, self.open[0][0] if self.open else np.inf)
        bound = min(least, self.ceiling)
        return CountProof(bound, self.assignment, self.cost, self.root, self.ceiling)


def prove_by_counts(
    group: ZoneGroup, assignment: IntArray, cost: float, price: FloatArray | None = None
) -> Iterator[CountProof]:
    """Raise the bound until it meets the cost of the best plan; yields often.

    ``assignment`` (n,) is a plan that keeps the rules and costs ``cost``; ``price`` (n,) are
    initial prices. It ends early if nothing is left to branch on. The group must satisfy
    ``can_bound_branches``.
    """
    n, k = len(group.sites), len(group.zones)
    # pairs out of reach are removed from the root, so their surcharge does not matter
    scale = rank_costs(group.cost, min(n - 1, n // k))
    scale = np.maximum(scale, 0.1 * scale.mean() + 1e-12)
    root = ProofBranch(make_root_state(group, 0.8 * scale if price is None else price))
    kernels = BranchKernel(group, scale), BranchKernel(group, scale)
    with ThreadPoolExecutor(len(kernels)) as pool:
        tree = _Tree(group, kernels, pool, assignment, cost, _list_balls(group), root)
        pace = 1.0 if price is None else _NEAR_PACE
        tree.bound_branches((root,), steps=_ROOT_STEPS, rounds=_ROUNDS, pace=pace)
        tree.push(root)
        yield tree.step()
        while tree.open:
            _, _, branch = heapq.heappop(tree.open)
            if branch.bound >= tree.ceiling:
                continue
            sides = yield from _split(tree, branch)
            if not sides:
                tree.stranded = min(tree.stranded, branch.bound)
            left = [side for side in sides if side.bound < tree.ceiling]
            tree.bound_branches(left, steps=_STEPS, rounds=_ROUNDS, pace=0.5)
            for side in sides:
                tree.push(side)
            yield tree.step(branch.bound)
        yield tree.step()


def make_root_state(group: ZoneGroup, price: FloatArray) -> BranchState:
    """Return the root: every pair of post and site that the rules allow, and prices (n,)."""
    n = len(group.sites)
    own, locked = group.lock[:, None], group.lock >= 0
    excluded = (own >= 0) & locked[None, :] & (own != group.lock[None, :])
    excluded |= group.most <= group.cost_table.T
    together = (own >= 0) & (own == group.lock[None, :])
    return BranchState(~excluded, together | np.eye(n, dtype=bool), (), price)


def _list_balls(group: ZoneGroup) -> list[int]:
    """Return the sites nearest to each site, for many counts, as bits."""
    n = len(group.sites)
    order = np.argsort(group.distance, axis=1, kind="stable")
    sizes = np.unique(np.linspace(1, max(1, n - 1), min(n, _BALL_SIZES)).astype(np.int64))
    balls = {pack_sites(row[:size]): None for row in order for size in sizes.tolist()}
    return list(balls)


def _split(
    tree: _Tree, branch: ProofBranch
) -> Generator[CountProof, None, tuple[ProofBranch, ...]]:
    """Split by the rule whose trial leaves the least work; no sides if no rule is left."""
    best: tuple[float, CountRule | ServeRule, tuple[ProofBranch, ...]] | None = None
    gap = tree.ceiling - branch.bound
    for rule in _list_rules(tree, branch):
        sides = _make_sides(tree, branch, rule)
        steps = _FEW_TRIAL_STEPS if len(tree.group.sites) > _MANY_SITES else _TRIAL_STEPS
        tree.bound_branches(sides, steps=steps, rounds=0, pace=0.5)
        left = [tree.ceiling - side.bound for side in sides]
        score = sum(2.0 ** (each / (_DOUBLING * tree.ceiling)) for each in left if each > 0)
        if best is None or score < best[0]:
            best = (score, rule, sides)
        yield tree.step(branch.bound)
        if gap <= 0 or not any(each > 0 for each in left):
            break
    if best is None:
        return ()
    _, branch.rule, branch.sides = best
    return branch.sides


def _make_sides(
    tree: _Tree, branch: ProofBranch, rule: CountRule | ServeRule
) -> tuple[ProofBranch, ...]:
    state = branch.state
    first, second = (replace(state, may=state.may.copy(), must=state.must.copy()) for _ in range(2))
    if isinstance(rule, CountRule):
        least, most = 0, len(tree.group.zones)
        others = []
        for each in state.counts:
            if each.sites == rule.sites:
                least, most = each.least, each.most
            else:
                others.append(each)
        first.counts = (*others, PostCount(rule.sites, least, rule.most))
        second.counts = (*others, PostCount(rule.sites, rule.most + 1, most))
    else:
        posts = np.zeros(len(state.may), dtype=bool)
        posts[unpack_sites(rule.posts)] = True
        lock = tree.group.lock
        sites = np.flatnonzero(lock == lock[rule.site]) if lock[rule.site] >= 0 else [rule.site]
        for site in sites:
            for side, excluded in ((first, ~posts), (second, posts)):
                side.may[excluded & side.must[:, site]] = False
                side.may[excluded, site] = False
    sides = (ProofBranch(each, branch.bound, depth=branch.depth + 1) for each in (first, second))
    return tuple(sides)


def _list_rules(tree: _Tree, branch: ProofBranch) -> list[CountRule | ServeRule]:
    """Return the rules to try: counts in regions, else single posts, else serving sites."""
    assert branch.share is not None
    mean = np.where(branch.state.may.diagonal(), branch.share.diagonal(), 0.0)
    counts = _list_count_rules(tree, branch, mean) or _list_single_posts(tree, branch, mean)
    rules = counts or _list_serve_rules(tree, branch)
    trials = _EARLY_TRIALS if branch.depth < _EARLY else _TRIALS
    return rules[: trials // 2 if len(tree.group.sites) > _MANY_SITES else trials]


def _list_count_rules(
    tree: _Tree, branch: ProofBranch, mean: FloatArray
) -> list[CountRule | ServeRule]:
    if len(branch.state.counts) >= MOST_REGIONS - 2:
        return []
    posts = pack_sites(np.flatnonzero(branch.state.may.diagonal()))
    used = pack_sites(np.flatnonzero(mean > _MIN_SHARE))
    weight = {site: float(mean[site]) for site in unpack_sites(used)}
    ranked: list[tuple[float, CountRule]] = []
    seen: set[int] = set()
    for ball in tree.balls:
        region = _fit_region(branch.state.counts, ball)
        if region & used in seen:
            continue
        seen.add(region & used)
        count = sum(value for site, value in weight.items() if region >> site & 1)
        whole = int(count)
        off = abs(count - whole - 0.5)
        if off <= _MAX_OFF_HALF and _is_unsettled(tree, branch, region & posts, posts, whole):
            ranked.append((off, CountRule(region, whole)))
    ranked.sort(key=lambda each: each[0])
    return [rule for _, rule in ranked]


def _fit_region(counts: tuple[PostCount, ...], ball: int) -> int:
    """Return the region most like the ball that is nested with or disjoint from counted ones."""
    region, outer = ball, -1
    by_size = sorted((each.sites for each in counts), key=int.bit_count, reverse=True)
    for sites in by_size:
        if sites & outer == sites and 2 * (sites & ball).bit_count() > ball.bit_count():
            outer = sites
    region &= outer
    for sites in by_size:
        is_inner = sites & outer == sites and sites != outer
        if is_inner and sites & region and sites & ~region and region & ~sites:
            is_mostly_inside = 2 * (sites & ball).bit_count() > sites.bit_count()
            region = region | sites if is_mostly_inside else region & ~sites
    return region


def _is_unsettled(tree: _Tree, branch: ProofBranch, region: int, posts: int, whole: int) -> bool:
    """Return whether the counts so far leave both sides of a rule open."""
    if not region:
        return False
    counts = [
        replace(each, sites=sites, most=min(each.most, sites.bit_count()))
        for each in branch.state.counts
        if (sites := each.sites & posts)
    ]
    least, most = _add_counts(counts, region)
    zones = len(tree.group.zones)
    for each in (*counts, PostCount(posts, zones, zones)):
        if each.sites == region:
            least, most = max(least, each.least), min(most, each.most)
        elif each.sites & region == region:
            low, high = _add_counts(counts, each.sites & ~region)
            least, most = max(least, each.least - high), min(most, each.most - low)
    return least <= whole < most


def _add_counts(counts: list[PostCount], within: int) -> tuple[int, int]:
    """Return the least and the most posts among some sites, by the largest counted regions."""
    least = most = 0
    left = within
    for each in sorted(counts, key=lambda count: -count.sites.bit_count()):
        if each.sites & left == each.sites:
            left &= ~each.sites
            least, most = least + each.least, most + each.most
    return least, most + left.bit_count()


def _list_single_posts(
    tree: _Tree, branch: ProofBranch, mean: FloatArray
) -> list[CountRule | ServeRule]:
    """Return rules for single sites that are a post or not, if the mean leaves that open."""
    posts = pack_sites(np.flatnonzero(branch.state.may.diagonal()))
    open_sites = [
        site
        for site in np.argsort(np.abs(mean - 0.5), kind="stable").tolist()
        if _MIN_SHARE < mean[site] < 1 - _MIN_SHARE
        and _is_unsettled(tree, branch, 1 << site, posts, 0)
    ]
    if len(branch.state.counts) >= MOST_REGIONS - 2:
        return []
    return [CountRule(1 << site, 0) for site in open_sites]


def _list_serve_rules(tree: _Tree, branch: ProofBranch) -> list[CountRule | ServeRule]:
    """Return rules that split a site's posts in two by distance, the most balanced first."""
    may, share = branch.state.may, branch.share
    assert share is not None
    ranked: list[tuple[float, ServeRule]] = []
    for site in range(len(may)):
        posts = np.flatnonzero(may[:, site])
        if len(posts) < 2:
            continue
        weight = share[posts, site] / max(float(share[posts, site].sum()), 1e-12)
        main = posts[int(weight.argmax())]
        order = np.argsort(tree.group.distance[main][posts], kind="stable")
        filled = np.cumsum(weight[order])
        cut = int(np.abs(filled[:-1] - 0.5).argmin()) + 1
        off = abs(float(filled[cut - 1]) - 0.5)
        ranked.append((off, ServeRule(site, pack_sites(posts[order[:cut]]))))
    ranked.sort(key=lambda each: each[0])
    return [rule for _, rule in ranked]


def _label_posts(group: ZoneGroup, posts: IntArray) -> IntArray | None:
    """Return labels for zones given by each site's post, or None if they break a rule.

    They may if the search for whole zones was cut short.
    """
    assignment = np.full(len(posts), -1, dtype=np.int64)
    free = sorted(set(range(len(group.zones))) - set(group.lock.tolist()))
    if len(np.unique(posts)) != len(group.zones):
        return None
    for post in np.unique(posts).tolist():
        sites = posts == post
        labels = np.unique(group.lock[sites & (group.lock >= 0)])
        if not is_connected(group.masks, pack_sites(np.flatnonzero(sites))) or len(labels) > 1:
            return None
        assignment[sites] = labels[0] if len(labels) else free.pop(0)
    keeps_locks = (group.lock < 0) | (group.lock == assignment)
    return assignment if keeps_locks.all() and group.sum_beyond(assignment) == 0 else None
