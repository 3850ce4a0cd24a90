/* The inner loops of the search: the walk of the annealing, and the knapsacks of the Lagrangian
   bound. walk.py and knapsacks.py have the same in Python; branches of the proof are only in C.

   Both must make the same plans, so sums are taken in the same order and random numbers are drawn in
   the same way; compile without contraction of products and sums. All indices are 64 bits wide. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Identifies the layout of the structs; library.py refuses a library with another number. Increase
   it with each change of a struct. */
int64_t kernel_layout(void) { return 8; }

/* The cost of serving a site from a post: from a table, or computed from coordinates. */
typedef struct {
    int64_t sites, straight;
    const double *table;       /* (sites, sites): site, post; or null */
    const double *trips, *x, *y; /* (sites,) */
    double fixed_min, m_per_min;
} Costs;

static inline double cost_of(const Costs *c, int64_t site, int64_t post) {
    if (c->table) return c->table[site * c->sites + post];
    double dx = fabs(c->x[site] - c->x[post]), dy = fabs(c->y[site] - c->y[post]);
    double away = c->straight ? sqrt(dx * dx + dy * dy) : dx + dy;
    return c->trips[site] * (c->fixed_min + away / c->m_per_min);
}

typedef struct {
    int64_t sites, zones, scenarios;
    const int64_t *near_start, *near; /* neighbors of i: near[near_start[i]] to near[near_start[i + 1]] */
    const double *border;             /* parallel to near: the cost of the two in different zones, or null */
    const double *load;               /* (sites, scenarios) */
    const double *linear;             /* (sites, zones), or null */
    const uint8_t *locked;            /* (sites,) */
    const uint64_t *key;              /* (sites,) a zone's hash is the xor of its sites' keys */
    const double *threshold;          /* (4096,) -log(u) */
    int64_t *zone_of, *member, *size; /* (sites,), (zones, sites), (zones,) */
    double *totals;                   /* (zones, sites): cost of serving the zone from each member */
    double *loads, *zone_cost;        /* (zones, scenarios), (zones,) */
    double *left, *joined;            /* (scenarios,) scratch */
    uint64_t *hash;                   /* (zones,) */
    int64_t *best;                    /* (sites,) the cheapest balanced assignment found */
    int64_t *seen, *queue;            /* (sites,) scratch */
    uint64_t *pool_hash;              /* (pool_slots,) a power of two */
    int64_t *pool_start, *pool_member;
    double lower, upper, most, charge, price, temperature, cost_now, best_cost;
    int64_t out_of_balance, pending, stamp, recording;
    int64_t pool_slots, pool_most, pool_room, pool_count;
    uint64_t random;
    Costs costs;
} Walk;

static uint64_t draw(Walk *w) { /* splitmix64 (Steele, Lea and Flood 2014) */
    uint64_t x = (w->random += 0x9E3779B97F4A7C15ULL);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

/* The load beyond the limits, summed over all scenarios. */
static double excess(const Walk *w, const double *loads) {
    double beyond = 0.0;
    for (int64_t s = 0; s < w->scenarios; s++) {
        double load = loads[s];
        beyond += load > w->upper ? load - w->upper : load < w->lower ? w->lower - load : 0.0;
    }
    return beyond;
}

static double penalty(const Walk *w, const double *loads) {
    double beyond = excess(w, loads);
    return beyond > 0.0 ? w->price * (beyond + w->charge) : 0.0;
}

/* The increase of border costs when a site moves from one zone to another. */
static double changed_border(const Walk *w, int64_t site, int64_t from, int64_t to) {
    double more = 0.0;
    for (int64_t e = w->near_start[site]; e < w->near_start[site + 1]; e++) {
        int64_t zone = w->zone_of[w->near[e]];
        if (zone == from) more += w->border[e];
        if (zone == to) more -= w->border[e];
    }
    return more;
}

/* Twice the border between two sites that swap zones: the two changes counted it as removed. */
static double shared_border(const Walk *w, int64_t site, int64_t back) {
    double shared = 0.0;
    for (int64_t e = w->near_start[site]; e < w->near_start[site + 1]; e++)
        if (w->near[e] == back) shared += 2.0 * w->border[e];
    return shared;
}

/* Store a post's total if it is the least, not counting the surcharge of `most` for each site out of
   reach; `most` exceeds any zone's cost without it. A zone's post is the cheapest, in reach or not. */
static void take_post(double most, double total, double *least, double *taken) {
    double plain = isfinite(most) ? total - most * floor(total / most) : total;
    if (plain >= *least) return;
    *least = plain;
    *taken = total;
}

/* The cost of a zone without the site `out` and with the site `in`; either may be -1. */
static double changed_cost(const Walk *w, int64_t zone, int64_t out, int64_t in) {
    int64_t n = w->sites;
    const int64_t *member = w->member + zone * n;
    const double *totals = w->totals + zone * n;
    double best = INFINITY, least = INFINITY, own = 0.0;
    for (int64_t p = 0; p < w->size[zone]; p++) {
        int64_t post = member[p];
        if (post == out) continue;
        double total = totals[p];
        if (out >= 0) total -= cost_of(&w->costs, out, post);
        if (in >= 0) {
            total += cost_of(&w->costs, in, post);
            own += cost_of(&w->costs, post, in);
        }
        take_post(w->most, total, &least, &best);
    }
    if (in >= 0) take_post(w->most, own + cost_of(&w->costs, in, in), &least, &best);
    return best;
}

/* Whether a zone stays connected without the site `out` and with the site `in` (or -1). */
static int stays_connected(Walk *w, int64_t zone, int64_t out, int64_t in) {
    int64_t head = 0, tail = 0, adjacent = 0, stamp = ++w->stamp, start = in;
    const int64_t *first = w->near + w->near_start[out], *last = w->near + w->near_start[out + 1];
    for (const int64_t *near = first; near < last; near++)
        if (w->zone_of[*near] == zone) {
            adjacent++;
            if (in < 0) start = *near;
        }
    if (in < 0 && adjacent < 2) return (int)adjacent; /* only neighbors of `out` can be cut off */
    w->seen[start] = stamp;
    w->queue[tail++] = start;
    while (head < tail) {
        int64_t site = w->queue[head++];
        for (int64_t e = w->near_start[site]; e < w->near_start[site + 1]; e++) {
            int64_t near = w->near[e];
            if (w->seen[near] == stamp || near == out || w->zone_of[near] != zone) continue;
            w->seen[near] = stamp;
            w->queue[tail++] = near;
        }
    }
    return tail == w->size[zone] - (in < 0);
}

static void remove_site(Walk *w, int64_t zone, int64_t site) {
    int64_t n = w->sites, last = --w->size[zone], *member = w->member + zone * n;
    double *totals = w->totals + zone * n;
    for (int64_t p = 0, found = 0; p <= last; p++) {
        if (!found && member[p] == site) {
            found = 1;
            if (p == last) break;
            member[p] = member[last];
            totals[p] = totals[last];
        }
        if (p < last) totals[p] -= cost_of(&w->costs, site, member[p]);
    }
    w->hash[zone] ^= w->key[site];
}

static void add_site(Walk *w, int64_t zone, int64_t site) {
    int64_t n = w->sites, size = w->size[zone]++, *member = w->member + zone * n;
    double *totals = w->totals + zone * n, own = 0.0;
    for (int64_t p = 0; p < size; p++) {
        totals[p] += cost_of(&w->costs, site, member[p]);
        own += cost_of(&w->costs, member[p], site);
    }
    member[size] = site;
    totals[size] = own + cost_of(&w->costs, site, site);
    w->zone_of[site] = zone;
    w->hash[zone] ^= w->key[site];
}

static void record_zone(Walk *w, int64_t zone) {
    if (excess(w, w->loads + zone * w->scenarios) > 0.0 || w->pool_count >= w->pool_most) return;
    int64_t first = w->pool_start[w->pool_count], size = w->size[zone];
    if (first + size > w->pool_room) return;
    uint64_t hash = w->hash[zone] | 1, slot = hash & (uint64_t)(w->pool_slots - 1);
    for (; w->pool_hash[slot]; slot = (slot + 1) & (uint64_t)(w->pool_slots - 1))
        if (w->pool_hash[slot] == hash) return;
    w->pool_hash[slot] = hash;
    memcpy(w->pool_member + first, w->member + zone * w->sites, (size_t)size * sizeof(int64_t));
    w->pool_start[++w->pool_count] = first + size;
}

static void keep_best(Walk *w) {
    if (w->pending) memcpy(w->best, w->zone_of, (size_t)w->sites * sizeof(int64_t));
    w->pending = 0;
}

/* Recompute all sums so that rounding errors do not accumulate. */
void walk_refresh(Walk *w) {
    int64_t n = w->sites;
    w->cost_now = 0.0;
    w->out_of_balance = 0;
    for (int64_t zone = 0; zone < w->zones; zone++) {
        const int64_t *member = w->member + zone * n;
        double best = INFINITY, least = INFINITY, *loads = w->loads + zone * w->scenarios;
        memset(loads, 0, (size_t)w->scenarios * sizeof(double));
        for (int64_t p = 0; p < w->size[zone]; p++) {
            double total = 0.0;
            for (int64_t q = 0; q < w->size[zone]; q++) total += cost_of(&w->costs, member[q], member[p]);
            w->totals[zone * n + p] = total;
            take_post(w->most, total, &least, &best);
            for (int64_t s = 0; s < w->scenarios; s++) loads[s] += w->load[member[p] * w->scenarios + s];
        }
        w->zone_cost[zone] = best;
        w->cost_now += best;
        w->out_of_balance += excess(w, loads) > 0.0;
    }
    if (w->border)
        for (int64_t site = 0; site < n; site++)
            for (int64_t e = w->near_start[site]; e < w->near_start[site + 1]; e++)
                if (w->near[e] > site && w->zone_of[w->near[e]] != w->zone_of[site])
                    w->cost_now += w->border[e];
    if (w->linear)
        for (int64_t site = 0; site < n; site++)
            w->cost_now += w->linear[site * w->zones + w->zone_of[site]];
    if (!w->out_of_balance && w->cost_now < w->best_cost) {
        w->best_cost = w->cost_now;
        w->pending = 1;
        keep_best(w);
    }
}

void walk_run(Walk *w, int64_t proposals) {
    int64_t n = w->sites, scenarios = w->scenarios;
    double *left = w->left, *joined = w->joined;
    for (; proposals > 0; proposals--) {
        uint64_t x = draw(w);
        int64_t site = (int64_t)(((x & 0xFFFFFFFFULL) * (uint64_t)n) >> 32);
        int64_t degree = w->near_start[site + 1] - w->near_start[site];
        if (w->locked[site] || !degree) continue;
        int64_t near = w->near[w->near_start[site] + (int64_t)((((x >> 32) & 0xFFFF) * (uint64_t)degree) >> 16)];
        int64_t from = w->zone_of[site], to = w->zone_of[near], back = -1;
        if (from == to) continue;
        if ((x >> 48) & 1) {
            uint64_t y = draw(w);
            back = w->member[to * n + (int64_t)(((y & 0xFFFFFFFFULL) * (uint64_t)w->size[to]) >> 32)];
            if (w->locked[back]) continue;
            int touches = 0;
            for (int64_t e = w->near_start[back]; e < w->near_start[back + 1]; e++)
                touches |= w->zone_of[w->near[e]] == from && w->near[e] != site;
            if (!touches && w->size[from] > 1) continue;
        } else if (w->size[from] == 1) {
            continue;
        }
        double *loads_from = w->loads + from * scenarios, *loads_to = w->loads + to * scenarios;
        for (int64_t s = 0; s < scenarios; s++) {
            double moved = w->load[site * scenarios + s];
            if (back >= 0) moved -= w->load[back * scenarios + s];
            left[s] = loads_from[s] - moved;
            joined[s] = loads_to[s] + moved;
        }
        double change = penalty(w, left) + penalty(w, joined) - penalty(w, loads_from) - penalty(w, loads_to);
        double limit = w->temperature * w->threshold[x >> 52];
        double without = changed_cost(w, from, site, back), with = changed_cost(w, to, back, site);
        double dearer = without + with - w->zone_cost[from] - w->zone_cost[to];
        if (w->linear) {
            const double *own = w->linear + site * w->zones;
            dearer += own[to] - own[from];
            if (back >= 0) {
                own = w->linear + back * w->zones;
                dearer += own[from] - own[to];
            }
        }
        if (w->border) {
            dearer += changed_border(w, site, from, to);
            if (back >= 0) dearer += changed_border(w, back, to, from) + shared_border(w, site, back);
        }
        if (change + dearer > limit) continue;
        if (!stays_connected(w, from, site, back)) continue;
        if (back >= 0 && !stays_connected(w, to, back, site)) continue;
        int64_t out = (excess(w, left) > 0.0) + (excess(w, joined) > 0.0);
        if (out || dearer >= 0.0) keep_best(w);
        out -= (excess(w, loads_from) > 0.0) + (excess(w, loads_to) > 0.0);
        remove_site(w, from, site);
        if (back >= 0) {
            remove_site(w, to, back);
            add_site(w, from, back);
        }
        add_site(w, to, site);
        memcpy(loads_from, left, (size_t)scenarios * sizeof(double));
        memcpy(loads_to, joined, (size_t)scenarios * sizeof(double));
        w->zone_cost[from] = without;
        w->zone_cost[to] = with;
        w->cost_now += dearer;
        w->out_of_balance += out;
        if (!w->out_of_balance && w->cost_now < w->best_cost) {
            w->best_cost = w->cost_now;
            w->pending = 1;
        }
        if (w->recording) {
            record_zone(w, from);
            record_zone(w, to);
        }
    }
    keep_best(w);
}

/* ---- The Lagrangian bound: the cost of each post's cheapest zone at the prices of sites ---- */

/* The ratio at which `wanted` weight is reached when items are taken by ascending ratio, found by
   quickselect (Balas and Zemel 1980). */
static double select_ratio(double *ratio, double *weight, int64_t count, double wanted) {
    int64_t low = 0, high = count;
    while (high - low > 1) {
        double pivot = ratio[low + (high - low) / 2], below = 0.0;
        int64_t a = low, b = high - 1;
        while (a <= b) {
            while (ratio[a] < pivot) a++;
            while (ratio[b] > pivot) b--;
            if (a > b) break;
            double r = ratio[a], w = weight[a];
            ratio[a] = ratio[b], weight[a] = weight[b];
            ratio[b--] = r, weight[b + 1] = w;
            a++;
        }
        for (int64_t i = low; i < a; i++) below += weight[i];
        if (below >= wanted && a < high)
            high = a;
        else if (a < high)
            wanted -= below, low = a;
        else { /* all at or below the pivot: remove the largest */
            double most = ratio[low], without = 0.0;
            for (int64_t i = low; i < high; i++)
                if (ratio[i] > most) most = ratio[i];
            for (int64_t i = low; i < high; i++)
                if (ratio[i] < most) without += weight[i];
            if (without < wanted) return most;
            int64_t kept = low;
            for (int64_t i = low; i < high; i++)
                if (ratio[i] < most) ratio[kept] = ratio[i], weight[kept++] = weight[i];
            high = kept;
        }
    }
    return ratio[low];
}

/* The multiplier on load that makes each post's relaxation tightest, over its nearest sites.
   `item` and `item_cost` have the shape (posts, items), `scratch` (2, items). */
void find_load_prices(int64_t posts, int64_t items, const int64_t *item, const double *item_cost,
                      const double *load, const double *price, double lower, double upper,
                      double *scratch, double *load_price) {
    for (int64_t j = 0; j < posts; j++) {
        double wanted = load[j];
        int64_t count = 0, negative = 0;
        const int64_t *sites = item + j * items;
        double *ratio = scratch, *weight = scratch + items;
        for (int64_t t = 0; t < items; t++)
            if (sites[t] != j && item_cost[j * items + t] < price[sites[t]]) wanted += load[sites[t]];
        load_price[j] = 0.0;
        if (wanted >= lower && wanted <= upper) continue;
        negative = wanted > upper;
        for (int64_t t = 0; t < items; t++) {
            int64_t i = sites[t];
            double value = item_cost[j * items + t] - price[i];
            if (i == j || (value < 0.0) != negative || load[i] <= 0.0) continue;
            weight[count] = load[i];
            ratio[count++] = value / load[i];
        }
        if (!count) continue;
        load_price[j] = select_ratio(ratio, weight, count, (negative ? upper - load[j] : lower - wanted));
    }
}

/* A lower bound on cost less prices of any zone of each post, over all sites. */
void value_posts(int64_t n, const double *cost, const double *load, const double *price,
                 const double *load_price, double lower, double upper, double *value) {
    for (int64_t j = 0; j < n; j++) value[j] = load_price[j] * (load_price[j] > 0 ? lower : upper);
    for (int64_t i = 0; i < n; i++) {
        const double *row = cost + i * n;
        double own = row[i] - price[i] - load_price[i] * load[i];
        for (int64_t j = 0; j < n; j++) {
            double reduced = row[j] - price[i] - load_price[j] * load[i];
            value[j] += reduced < 0.0 ? reduced : 0.0;
        }
        if (own > 0.0) value[i] += own;
    }
}

enum { NOTHING = -2, FLIP_STATES = 8192, FLIP_NODES = 1 << 17, FLIP_TRIES = 20000, MOST_DEPTH = 64, FIRST_ROOM = 3 };

typedef struct {
    int64_t count, nodes, *chosen, *best_chosen, depth, best_depth;
    const double *penalty, *change;
    double lower, upper, down, up, best;
} Knapsack;

static void search_flips(Knapsack *k, int64_t first, double load, double paid) {
    if (load >= k->lower && load <= k->upper) {
        double total = paid + (k->upper - load) * k->down + (load - k->lower) * k->up;
        if (total < k->best) {
            k->best = total;
            k->best_depth = k->depth;
            memcpy(k->best_chosen, k->chosen, (size_t)k->depth * sizeof(int64_t));
        }
    }
    for (int64_t t = first; t < k->count; t++) {
        if (paid + k->penalty[t] >= k->best) return;
        if (k->depth >= MOST_DEPTH) k->nodes = 0; /* an unfinished search proves nothing */
        if (k->nodes <= 0) return;
        k->nodes--;
        k->chosen[k->depth++] = t;
        search_flips(k, t + 1, load + k->change[t], paid + k->penalty[t]);
        k->depth--;
    }
}

typedef struct {
    double key;
    int64_t at;
} Ranked;

static int compare_ranked(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

typedef struct { /* a set of flips: its load, its cost, and the node that lists the flips */
    double load, paid;
    int64_t node;
} FlipState;

typedef struct {
    Ranked *order;                     /* (sites,) the flips by penalty for each minute of load */
    double *penalty, *change, *least;  /* (sites,), (sites,), (sites + 1,) least penalty from there on */
    FlipState *states, *grown;         /* (FLIP_STATES,) each */
    int64_t *parent, *flip;            /* (FLIP_NODES,) the set that a set extends, and the flip it adds */
} FlipRoom;

/* The least penalty of flips with which the load is at most `most`, where each minute below it costs
   `spare`; `best` if none costs less. Dynamic programming over the sets that no other dominates in
   load and cost (Pisinger 1997 also takes the likeliest items first). `chosen` is the node of the set,
   -1 for no flips, NOTHING if no set costs less. If memory runs out, the result is a lower bound. */
static double weigh_flips(FlipRoom *f, int64_t count, double load, double most, double spare,
                          double best, int64_t *chosen) {
    int64_t states = 1, nodes = 0;
    f->states[0] = (FlipState){load, 0.0, -1};
    *chosen = NOTHING;
    if (load <= most && (most - load) * spare < best) {
        best = (most - load) * spare;
        *chosen = -1;
    }
    for (int64_t t = 0; t < count && states; t++) {
        double change = f->change[t], penalty = f->penalty[t], ratio = penalty / fabs(change);
        double slope = ratio < spare ? ratio : spare, open = INFINITY;
        int64_t kept = 0, grown = 0, a = 0, b = 0;
        for (int64_t s = 0; s < states; s++) { /* drop sets that can no longer be the best */
            FlipState now = f->states[s];
            double more = now.load > most ? ratio * (now.load - most) : slope * (most - now.load);
            double bound = now.paid + (more > f->least[t] ? more : f->least[t]);
            if (bound >= best) continue;
            open = bound < open ? bound : open;
            f->states[kept++] = now;
        }
        states = kept;
        if (states > FLIP_STATES / 2 || nodes + states > FLIP_NODES) return open < best ? open : best;
        double worth = INFINITY;
        while (a < states || b < states) { /* merge with the same sets and this flip, by load */
            FlipState now;
            if (b >= states || (a < states && f->states[a].load <= f->states[b].load + change)) {
                now = f->states[a++];
            } else {
                now = f->states[b++];
                now.load += change;
                now.paid += penalty;
                f->parent[nodes] = now.node;
                f->flip[nodes] = t;
                now.node = nodes++;
                double total = now.paid + (most - now.load) * spare;
                if (now.load <= most && total < best) {
                    best = total;
                    *chosen = now.node;
                }
            }
            if (now.paid - spare * now.load >= worth) continue;
            worth = now.paid - spare * now.load;
            f->grown[grown++] = now;
        }
        memcpy(f->states, f->grown, (size_t)grown * sizeof(FlipState));
        states = grown;
    }
    return best;
}

typedef struct {
    int64_t sites, zones, items;
    const int64_t *item;                  /* (sites, items): the cheapest sites for each post */
    const double *item_cost, *load;       /* (posts, items), (sites,) */
    const double *by_post;                /* (posts, sites), or null if that takes too much memory */
    const int64_t *near_start, *near_site; /* sites with post j among their nearest, indexed as in a walk, or null */
    const double *near_cost, *radius;     /* parallel to near_site; (sites,) every other post costs more */
    const double *price;                  /* (sites,) */
    double *load_price, *value;           /* (sites,): multipliers, values */
    double *scratch, *reduced;            /* (2, sites), (sites,) */
    Ranked *ranked;                       /* (sites,) */
    uint8_t *zone;                        /* (zones + 1, sites) */
    int64_t *picked;                      /* (zones,) the posts chosen */
    double *worth;                        /* (zones,) lower bounds on their zones' values */
    FlipRoom flips;
    double lower, upper;
    Costs costs;
} Relaxation;

/* As `value_posts`, from lists: a site that gains nothing from a post at its radius gains nothing from
   any post beyond it. If it gains something, the costs of all its pairs are computed. */
void value_near_posts(Relaxation *r) {
    int64_t n = r->sites;
    for (int64_t j = 0; j < n; j++) {
        double weight = r->load_price[j], value = weight * (weight > 0 ? r->lower : r->upper);
        double own = cost_of(&r->costs, j, j) - r->price[j] - weight * r->load[j];
        for (int64_t e = r->near_start[j]; e < r->near_start[j + 1]; e++) {
            int64_t i = r->near_site[e];
            double reduced = r->near_cost[e] - r->price[i] - weight * r->load[i];
            value += reduced < 0.0 ? reduced : 0.0;
        }
        r->value[j] = own > 0.0 ? value + own : value;
        r->ranked[j] = (Ranked){-weight, j};
    }
    qsort(r->ranked, (size_t)n, sizeof(Ranked), compare_ranked);
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = 0; t < n; t++) { /* the higher the multiplier, the higher the gain */
            int64_t j = r->ranked[t].at;
            double weight = r->load_price[j], cost = cost_of(&r->costs, i, j);
            if (r->radius[i] - r->price[i] - weight * r->load[i] >= 0.0) break;
            double reduced = cost - r->price[i] - weight * r->load[i];
            if (cost > r->radius[i] && reduced < 0.0) r->value[j] += reduced;
        }
}

/* The reduced costs of sites in a zone of the post; sites that are not near and have `room` or more
   are INFINITY. */
static void reduce_post(Relaxation *r, int64_t post, double room) {
    int64_t n = r->sites;
    double weight = r->load_price[post], *reduced = r->reduced;
    for (int64_t i = 0; i < n; i++) {
        double worth = r->price[i], loaded = weight * r->load[i];
        if (r->near_start && r->radius[i] - worth - loaded >= room) {
            reduced[i] = INFINITY;
            continue;
        }
        double cost = r->by_post ? r->by_post[post * n + i] : cost_of(&r->costs, i, post);
        reduced[i] = cost - worth - loaded;
    }
    if (!r->near_start) return;
    for (int64_t e = r->near_start[post]; e < r->near_start[post + 1]; e++) {
        int64_t i = r->near_site[e];
        reduced[i] = r->near_cost[e] - r->price[i] - weight * r->load[i];
    }
}

/* The same with both limits, if keeping one breaks the other; 0 if that takes too long. */
static double search_both(Relaxation *r, int64_t count, double load, double weight, double room,
                          uint8_t *zone) {
    FlipRoom *f = &r->flips;
    int64_t path[MOST_DEPTH], chosen[MOST_DEPTH];
    for (int64_t t = 0; t < count; t++) f->order[t].key = fabs(r->reduced[f->order[t].at]);
    qsort(f->order, (size_t)count, sizeof(Ranked), compare_ranked);
    for (int64_t t = 0; t < count; t++) {
        int64_t i = f->order[t].at;
        f->penalty[t] = f->order[t].key;
        f->change[t] = zone[i] ? -r->load[i] : r->load[i];
    }
    Knapsack k = {count, FLIP_TRIES, path, chosen, 0, 0, f->penalty, f->change, r->lower, r->upper,
                  weight < 0 ? -weight : 0.0, weight > 0 ? weight : 0.0, room};
    search_flips(&k, 0, load, 0.0);
    for (int64_t t = 0; t < k.best_depth; t++) zone[f->order[chosen[t]].at] ^= 1;
    return k.nodes > 0 ? k.best : 0.0;
}

/* How far a whole zone of the post is above its value, at most `room`; its sites go to `zone`. */
double solve_post(Relaxation *r, int64_t post, double room, uint8_t *zone) {
    int64_t n = r->sites, count = 0, chosen;
    double weight = r->load_price[post], load = 0.0, *reduced = r->reduced;
    FlipRoom *f = &r->flips;
    reduce_post(r, post, room);
    for (int64_t i = 0; i < n; i++) {
        zone[i] = reduced[i] < 0.0 || i == post;
        if (zone[i]) load += r->load[i];
    }
    int within = load >= r->lower && load <= r->upper;
    if (weight == 0.0 && within) return 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (i == post || r->load[i] <= 0.0 || fabs(reduced[i]) >= room) continue;
        f->order[count].key = fabs(reduced[i]) / r->load[i];
        f->order[count++].at = i;
    }
    qsort(f->order, (size_t)count, sizeof(Ranked), compare_ranked);
    /* keep only the limit that binds: dropping the other one cannot raise the bound */
    int light = weight > 0.0 || (weight == 0.0 && load < r->lower);
    double sign = light ? -1.0 : 1.0, most = light ? -r->lower : r->upper;
    f->least[count] = INFINITY;
    for (int64_t t = count - 1; t >= 0; t--) {
        int64_t i = f->order[t].at;
        f->penalty[t] = fabs(reduced[i]);
        f->change[t] = sign * (zone[i] ? -r->load[i] : r->load[i]);
        f->least[t] = f->penalty[t] < f->least[t + 1] ? f->penalty[t] : f->least[t + 1];
    }
    double above = weigh_flips(f, count, sign * load, most, fabs(weight), room, &chosen), held = load;
    if (chosen == NOTHING) return above;
    for (int64_t node = chosen; node >= 0; node = f->parent[node])
        held += sign * f->change[f->flip[node]];
    if (held >= r->lower - 1e-9 && held <= r->upper + 1e-9) {
        for (int64_t node = chosen; node >= 0; node = f->parent[node])
            zone[f->order[f->flip[node]].at] ^= 1;
        return above;
    }
    double both = search_both(r, count, load, weight, room, zone);
    return both > above ? both : above;
}

/* The least sum of whole zones' values at the prices, for as many different posts as there are zones.
   The posts go to `picked`, their sites to `zone`. */
double choose_zones(Relaxation *r) {
    int64_t n = r->sites, k = r->zones, found = 0, last = 0;
    double total = 0.0;
    find_load_prices(n, r->items, r->item, r->item_cost, r->load, r->price, r->lower, r->upper,
                     r->scratch, r->load_price);
    if (r->near_start)
        value_near_posts(r);
    else
        value_posts(n, r->costs.table, r->load, r->price, r->load_price, r->lower, r->upper, r->value);
    for (int64_t j = 0; j < n; j++) r->ranked[j] = (Ranked){r->value[j], j};
    qsort(r->ranked, (size_t)n, sizeof(Ranked), compare_ranked);
    double far = r->ranked[2 * k < n - 1 ? 2 * k : n - 1].key;
    for (int64_t t = 0; t < n; t++) {
        int64_t post = r->ranked[t].at;
        double value = r->ranked[t].key, worst = found < k ? far : r->worth[last];
        if (found == k && value >= worst) break;
        double room = (found < k ? FIRST_ROOM : 1.0) * (worst - value);
        if (room < 1e-9) room = 1e-9;
        uint8_t *zone = r->zone + (found < k ? found : k) * n;
        double worth = value + solve_post(r, post, room, zone);
        if (found == k && worth >= worst) continue;
        int64_t slot = found < k ? found++ : last;
        if (zone != r->zone + slot * n) memcpy(r->zone + slot * n, zone, (size_t)n);
        r->worth[slot] = worth;
        r->picked[slot] = post;
        for (int64_t z = last = 0; z < found; z++)
            if (r->worth[z] > r->worth[last]) last = z;
    }
    for (int64_t z = 0; z < k; z++) total += r->worth[z];
    return total;
}

/* ---- Branches of the proof: the Lagrangian bound of part of all plans (see branch.py) ---- */

enum { MOST_SITES = 512, MOST_REGIONS = 64, MOST_FLIPS = 256, ROUGH_FAILURES = 5 };

typedef struct { /* a set of sites flipped into or out of a zone, by their ranks */
    double paid, load;
    int64_t last;
    uint64_t flipped[MOST_FLIPS / 64];
} Flip;

typedef struct {
    int64_t sites, zones, regions, tries, scenarios;
    const double *cost;               /* (posts, sites) */
    const double *load, *scale;       /* (sites,) */
    const double *more_loads;         /* (scenarios, sites) to be balanced, too */
    const int64_t *near_start, *near; /* as of a walk */
    const double *border;             /* as of a walk */
    const int64_t *lock;              /* (sites,) the zone that a site is locked into, or -1 */
    const int64_t *innermost;         /* (posts,) the smallest region with the post */
    const int64_t *parent, *least, *most; /* (regions,) smaller ones first, the last is the whole group */
    uint8_t *may, *must;              /* (posts, sites) what a post's zone may include, and must */
    double *price, *best_price, *direction; /* (sites,) */
    double *share;                    /* (posts, sites) a mean of the chosen zones */
    double *relaxed, *value, *load_price; /* (posts,) */
    int64_t *plan;                    /* (sites,) each site's post, if the zones covered every site once */
    double *reduced;                  /* (posts, sites) scratch */
    uint8_t *chosen;                  /* (posts, sites) scratch */
    double *table;                    /* (regions, zones + 1) scratch */
    int16_t *take;                    /* (regions, posts + regions, zones + 1) scratch */
    int64_t *item;                    /* (regions, posts + regions) scratch */
    Flip *flip;                       /* (2 * tries + 2,) scratch */
    int64_t *seen, *queue;            /* (sites,) scratch */
    double lower, upper, far_charge, ceiling, bound, pace;
    int64_t stamp, covered;
} Branch;

/* Mark all sites of `held` that are connected with the post; return their number. */
static int64_t reach(Branch *b, int64_t post, const uint8_t *held) {
    int64_t head = 0, tail = 0, stamp = ++b->stamp;
    b->seen[post] = stamp;
    b->queue[tail++] = post;
    while (head < tail) {
        int64_t site = b->queue[head++];
        for (int64_t e = b->near_start[site]; e < b->near_start[site + 1]; e++) {
            int64_t near = b->near[e];
            if (b->seen[near] == stamp || !held[near]) continue;
            b->seen[near] = stamp;
            b->queue[tail++] = near;
        }
    }
    return tail;
}

/* Whether all sites of a zone are within reach of its cheapest post. */
static int is_near(const Branch *b, const uint8_t *held) {
    double least = INFINITY, taken = INFINITY;
    if (!isfinite(b->far_charge)) return 1;
    for (int64_t j = 0; j < b->sites; j++) {
        double total = 0.0;
        if (!held[j]) continue;
        for (int64_t i = 0; i < b->sites; i++)
            if (held[i]) total += b->cost[j * b->sites + i];
        take_post(b->far_charge, total, &least, &taken);
    }
    return taken < b->far_charge;
}

/* Whether a zone is connected, balanced in all scenarios, within reach of its cheapest post, and has
   all sites of one lock or none. */
static int is_lawful(Branch *b, int64_t post, const uint8_t *held) {
    int64_t size = 0, label = -1, locked = 0;
    for (int64_t i = 0; i < b->sites; i++)
        if (held[i]) {
            size++;
            if (b->lock[i] < 0) continue;
            if (label >= 0 && b->lock[i] != label) return 0;
            label = b->lock[i];
            locked++;
        }
    if (label >= 0)
        for (int64_t i = 0; i < b->sites; i++) locked -= b->lock[i] == label;
    for (int64_t s = 0; s < b->scenarios; s++) {
        double load = 0.0;
        for (int64_t i = 0; i < b->sites; i++)
            if (held[i]) load += b->more_loads[s * b->sites + i];
        if (load < b->lower || load > b->upper) return 0;
    }
    return !locked && reach(b, post, held) == size && is_near(b, held);
}

/* The least cost less prices of a fractional zone of the post; costs less the prices of sites and load
   go to `reduced`. */
static double relax_post(Branch *b, const double *price, int64_t post, double *reduced) {
    int64_t n = b->sites, count = 0;
    Ranked order[MOST_SITES];
    const double *cost = b->cost + post * n, *load = b->load;
    const uint8_t *may = b->may + post * n, *must = b->must + post * n;
    double fixed = 0.0, wanted = 0.0, all = 0.0, weight = 0.0;
    for (int64_t i = 0; i < n; i++) {
        if (!may[i]) continue;
        all += load[i];
        if (must[i]) fixed += load[i];
        else if (cost[i] < price[i]) wanted += load[i];
    }
    if (all < b->lower || fixed > b->upper) return INFINITY;
    double held = fixed + wanted;
    int heavy = held > b->upper;
    if (heavy || held < b->lower) {
        for (int64_t i = 0; i < n; i++) {
            if (!may[i] || must[i] || load[i] <= 0.0 || (cost[i] < price[i]) != heavy) continue;
            order[count].key = (cost[i] - price[i]) / load[i];
            order[count++].at = i;
        }
        qsort(order, (size_t)count, sizeof(Ranked), compare_ranked);
        double target = heavy ? b->upper - fixed : b->lower - held, filled = 0.0;
        for (int64_t t = 0; t < count && filled < target; t++) {
            weight = order[t].key;
            filled += load[order[t].at];
        }
    }
    double sum = weight * (weight > 0.0 ? b->lower : b->upper);
    for (int64_t i = 0; i < n; i++) {
        reduced[i] = may[i] ? cost[i] - price[i] - weight * load[i] : INFINITY;
        if (may[i] && (must[i] || reduced[i] < 0.0)) sum += reduced[i];
    }
    b->load_price[post] = weight;
    return sum;
}

/* A zone's half of its border costs. */
static double halve_borders(const Branch *b, const uint8_t *held) {
    double sum = 0.0;
    if (!b->border) return sum;
    for (int64_t i = 0; i < b->sites; i++)
        for (int64_t e = b->near_start[i]; held[i] && e < b->near_start[i + 1]; e++)
            if (!held[b->near[e]]) sum += b->border[e] / 2.0;
    return sum;
}

static void push_flip(Flip *heap, int64_t *count, Flip flip) {
    int64_t at = (*count)++;
    for (; at && heap[(at - 1) / 2].paid > flip.paid; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = flip;
}

static Flip pop_flip(Flip *heap, int64_t *count) {
    Flip top = heap[0], last = heap[--*count];
    int64_t at = 0;
    for (int64_t below; (below = 2 * at + 1) < *count; at = below) {
        if (below + 1 < *count && heap[below + 1].paid < heap[below].paid) below++;
        if (heap[below].paid >= last.paid) break;
        heap[at] = heap[below];
    }
    heap[at] = last;
    return top;
}

/* How far a lawful whole zone is above `relaxed`, at most `room`; its sites go to `chosen`. Sets of
   flips are tried by ascending penalty, so every set not yet tried costs at least as much. */
static double find_whole_zone(Branch *b, int64_t post, double room, uint8_t *chosen) {
    int64_t n = b->sites, count = 0, open = 0;
    const double *reduced = b->reduced + post * n;
    const uint8_t *must = b->must + post * n;
    double weight = b->load_price[post], load = 0.0, best = room;
    uint8_t zone[MOST_SITES], trial[MOST_SITES];
    Ranked order[MOST_SITES];
    for (int64_t i = 0; i < n; i++) {
        zone[i] = isfinite(reduced[i]) && (must[i] || reduced[i] < 0.0);
        if (zone[i]) load += b->load[i];
        if (!isfinite(reduced[i]) || must[i] || fabs(reduced[i]) >= room) continue;
        order[count].key = fabs(reduced[i]);
        order[count++].at = i;
    }
    qsort(order, (size_t)count, sizeof(Ranked), compare_ranked);
    if (count > MOST_FLIPS) {
        count = MOST_FLIPS;
        best = order[count].key;
    }
    memcpy(chosen, zone, (size_t)n);
    Flip none = {0.0, load, -1, {0}};
    push_flip(b->flip, &open, none);
    for (int64_t tried = 0; open; tried++) {
        Flip now = pop_flip(b->flip, &open);
        if (now.paid >= best) break;
        if (tried >= b->tries) return now.paid;
        if (now.load >= b->lower && now.load <= b->upper) {
            double spare = weight > 0.0 ? weight * (now.load - b->lower) : weight * (now.load - b->upper);
            if (now.paid + spare < best) {
                memcpy(trial, zone, (size_t)n);
                for (int64_t t = 0; t <= now.last; t++)
                    trial[order[t].at] ^= now.flipped[t / 64] >> (t % 64) & 1;
                spare += halve_borders(b, trial);
                if (now.paid + spare < best && is_lawful(b, post, trial)) {
                    best = now.paid + spare;
                    memcpy(chosen, trial, (size_t)n);
                }
            }
        }
        int64_t next = now.last + 1;
        if (next == count) continue;
        Flip more = now;
        int64_t site = order[next].at;
        more.paid += order[next].key;
        more.load += zone[site] ? -b->load[site] : b->load[site];
        more.last = next;
        more.flipped[next / 64] |= 1ULL << (next % 64);
        push_flip(b->flip, &open, more);
        if (now.last < 0) continue;
        site = order[now.last].at;
        more.paid -= order[now.last].key;
        more.load += zone[site] ? b->load[site] : -b->load[site];
        more.flipped[now.last / 64] &= ~(1ULL << (now.last % 64));
        push_flip(b->flip, &open, more);
    }
    return best;
}

/* The least sum of values of posts, one for each zone, that keeps the regions' counts. The regions
   are nested, so dynamic programming over their tree solves it. The posts go to `picked` (zones,)
   unless it is null. */
static double choose_posts(Branch *b, const double *value, int64_t *picked) {
    int64_t n = b->sites, k = b->zones, width = k + 1, most = n + b->regions, items[MOST_REGIONS];
    for (int64_t r = 0; r < b->regions; r++) {
        double *sum = b->table + r * width;
        int64_t *item = b->item + r * most, count = 0;
        for (int64_t q = 0; q <= k; q++) sum[q] = q ? INFINITY : 0.0;
        for (int64_t c = 0; c < r; c++) {
            if (b->parent[c] != r) continue;
            const double *inner = b->table + c * width;
            int16_t *take = b->take + (r * most + count) * width;
            for (int64_t q = k; q >= 0; q--) {
                double best = INFINITY;
                take[q] = 0;
                for (int64_t p = 0; p <= q; p++)
                    if (sum[q - p] + inner[p] < best) {
                        best = sum[q - p] + inner[p];
                        take[q] = (int16_t)p;
                    }
                sum[q] = best;
            }
            item[count++] = -1 - c;
        }
        for (int64_t j = 0; j < n; j++) {
            if (b->innermost[j] != r || !isfinite(value[j])) continue;
            int16_t *take = b->take + (r * most + count) * width;
            for (int64_t q = k; q >= 0; q--) {
                take[q] = q && sum[q - 1] + value[j] < sum[q];
                if (take[q]) sum[q] = sum[q - 1] + value[j];
            }
            item[count++] = j;
        }
        for (int64_t q = 0; q <= k; q++)
            if (q < b->least[r] || q > b->most[r]) sum[q] = INFINITY;
        items[r] = count;
    }
    double total = b->table[(b->regions - 1) * width + k];
    if (!picked || !isfinite(total)) return total;
    int64_t wanted[MOST_REGIONS] = {0}, found = 0;
    wanted[b->regions - 1] = k;
    for (int64_t r = b->regions - 1; r >= 0; r--)
        for (int64_t t = items[r] - 1, q = wanted[r]; t >= 0; t--) {
            int64_t p = b->take[(r * most + t) * width + q], item = b->item[r * most + t];
            if (item < 0) wanted[-1 - item] = p;
            else if (p) picked[found++] = item;
            q -= p;
        }
    return total;
}

/* The bound at prices of sites; the chosen posts and zones go to `picked` and `chosen`. */
static double evaluate(Branch *b, const double *price, int64_t *picked) {
    int64_t n = b->sites;
    uint8_t whole[MOST_SITES] = {0};
    double sum = 0.0, reached = b->ceiling * 1.02;
    for (int64_t i = 0; i < n; i++) sum += price[i];
    for (int64_t j = 0; j < n; j++) {
        b->relaxed[j] = b->may[j * n + j] ? relax_post(b, price, j, b->reduced + j * n) : INFINITY;
        b->value[j] = b->relaxed[j];
    }
    for (int fresh = 1; fresh;) {
        double total = sum + choose_posts(b, b->value, picked);
        if (!(total < reached)) return total;
        fresh = 0;
        for (int64_t z = 0; z < b->zones; z++) {
            int64_t j = picked[z];
            if (whole[j]) continue;
            whole[j] = 1;
            fresh = 1;
            b->value[j] = b->relaxed[j] + find_whole_zone(b, j, reached - total, b->chosen + j * n);
        }
        if (!fresh) return total;
    }
    return -INFINITY;
}

/* Fix pairs of post and site that no plan below the ceiling can have, or must have: by reduced costs
   from the last `evaluate` at these prices, and by what a zone can reach. Returns whether any changed. */
static int tighten(Branch *b, const double *price) {
    int64_t n = b->sites;
    int changed = 0;
    double sum = 0.0, far = b->ceiling;
    for (int64_t i = 0; i < n; i++) {
        sum += price[i];
        far += 10.0 * fabs(price[i]);
    }
    for (int64_t j = 0; j < n; j++) {
        uint8_t *may = b->may + j * n, *must = b->must + j * n;
        if (!may[j]) continue;
        double own = b->value[j], total = INFINITY;
        if (isfinite(own)) {
            b->value[j] = own - far;
            total = sum + choose_posts(b, b->value, NULL) + far;
            b->value[j] = own;
        }
        double slack = b->ceiling - total + own - b->relaxed[j];
        int gone = !(total < b->ceiling);
        for (int64_t i = 0; i < n && !gone; i++) {
            double reduced = b->reduced[j * n + i];
            if (!may[i] || must[i] || fabs(reduced) < slack) continue;
            if (reduced < 0.0) must[i] = 1;
            else may[i] = 0;
            changed = 1;
        }
        if (!gone) reach(b, j, may);
        for (int64_t i = 0; i < n && !gone; i++)
            if (may[i] && b->seen[i] != b->stamp) {
                gone = must[i];
                may[i] = 0;
                changed = 1;
            }
        if (gone) {
            memset(may, 0, (size_t)n);
            changed = 1;
        }
    }
    return changed;
}

/* Raise the bound of a branch by steps of the prices (a deflected subgradient, Camerini, Fratta and
   Maffioli 1975), then tighten it for some rounds. The bound is infinite if the branch has no plan
   below the ceiling. */
double improve_branch(Branch *b, int64_t steps, int64_t rounds) {
    int64_t n = b->sites, picked[MOST_SITES], failures = 0;
    double cover[MOST_SITES];
    b->bound = -INFINITY;
    memset(b->direction, 0, (size_t)n * sizeof(double));
    memcpy(b->best_price, b->price, (size_t)n * sizeof(double));
    for (int64_t step = 0; step < steps && b->bound < b->ceiling; step++) {
        double bound = evaluate(b, b->price, picked), length = 0.0;
        failures = bound > b->bound + 1e-6 * fabs(b->bound) ? 0 : failures + 1;
        if (bound > b->bound) {
            b->bound = bound;
            memcpy(b->best_price, b->price, (size_t)n * sizeof(double));
        }
        if (!(b->bound < b->ceiling)) break;
        double fade = step < 9 ? 1.0 / (double)(step + 1) : 0.1;
        memset(cover, 0, (size_t)n * sizeof(double));
        for (int64_t t = 0; t < n * n; t++) b->share[t] *= 1.0 - fade;
        for (int64_t z = 0; z < b->zones; z++)
            for (int64_t i = 0, j = picked[z]; i < n; i++)
                if (b->chosen[j * n + i]) {
                    cover[i] += 1.0;
                    b->share[j * n + i] += fade;
                }
        int64_t once = 0;
        for (int64_t i = 0; i < n; i++) once += cover[i] == 1.0;
        if (once == n) {
            b->covered = 1;
            for (int64_t z = 0; z < b->zones; z++)
                for (int64_t i = 0, j = picked[z]; i < n; i++)
                    if (b->chosen[j * n + i]) b->plan[i] = j;
        }
        if (failures > ROUGH_FAILURES) {
            b->pace /= 2.0;
            failures = 0;
            memcpy(b->price, b->best_price, (size_t)n * sizeof(double));
        }
        for (int64_t i = 0; i < n; i++) {
            b->direction[i] = 0.7 * b->direction[i] + 0.3 * (1.0 - cover[i]);
            length += b->direction[i] * b->direction[i] * b->scale[i];
        }
        if (length < 1e-12) break;
        double pace = b->pace * (b->ceiling * 1.005 - bound) / length;
        for (int64_t i = 0; i < n; i++) b->price[i] += pace * b->scale[i] * b->direction[i];
    }
    for (int64_t round = 0; round <= rounds; round++) {
        double bound = evaluate(b, b->best_price, picked);
        if (bound > b->bound) b->bound = bound;
        if (!(b->bound < b->ceiling) || round == rounds || !tighten(b, b->best_price)) break;
    }
    return b->bound;
}

/* ---- Lists of all zones that a plan below a ceiling could have (see zone_lists.py) ---- */

typedef struct {
    int64_t sites, scenarios, cuts;
    const double *cost;               /* (posts, sites) */
    const double *load, *more_loads;  /* (sites,), (scenarios, sites) */
    const int64_t *near_start, *near; /* as of a walk */
    const int64_t *lock;              /* as of a branch */
    const double *price;              /* (sites,) */
    const int64_t *first_cut;         /* (sites + 1,) */
    const int32_t *cut;               /* the cuts of each site: sets of three */
    const double *charge;             /* (cuts,) the charge on a zone with two or three of them */
    uint8_t *times;                   /* (cuts,) 0 before and after */
    int64_t *seen, *queue, *zone;     /* (sites,) scratch */
    int64_t *flip, *close;            /* (sites,) scratch: sites by penalty; sites that may be included */
    double *penalty, *change;         /* (sites,) scratch */
    double *more, *fewer;             /* (sites + 1,) scratch: least penalty a minute from there on */
    uint8_t *held;                    /* (sites,) scratch */
    Ranked *order;                    /* (sites,) scratch */
    int64_t *start;                   /* (most_zones + 1,) where the sites of each zone begin */
    int16_t *member;                  /* (room,) */
    double *worth;                    /* (most_zones,) each zone's cost */
    double lower, upper, far_charge;
    int64_t most_zones, room, tries, stamp, count;
} ZoneList;

typedef struct {
    ZoneList *list;
    int64_t post, count, width;
    double weight, budget;
} Lister;

/* Fix a site in a zone; return what the cuts charge for it. */
static double settle_site(ZoneList *z, int64_t site) {
    double more = 0.0;
    for (int64_t c = z->first_cut[site]; c < z->first_cut[site + 1]; c++)
        if (++z->times[z->cut[c]] == 2) more += z->charge[z->cut[c]];
    return more;
}

static void unsettle_site(ZoneList *z, int64_t site) {
    for (int64_t c = z->first_cut[site]; c < z->first_cut[site + 1]; c++) z->times[z->cut[c]]--;
}

/* Whether the post is the cheapest one of a zone, and all its sites are within reach. */
static int is_best_post(const ZoneList *z, int64_t post, const int64_t *zone, int64_t size, double *cost) {
    double own = 0.0, slack;
    for (int64_t t = 0; t < size; t++) own += z->cost[post * z->sites + zone[t]];
    if (own >= z->far_charge) return 0;
    *cost = own;
    slack = 1e-9 * (1.0 + own);
    for (int64_t s = 0; s < size; s++) {
        double total = 0.0;
        for (int64_t t = 0; t < size; t++) total += z->cost[zone[s] * z->sites + zone[t]];
        if (isfinite(z->far_charge)) total -= z->far_charge * floor(total / z->far_charge);
        if (total < own - slack) return 0;
    }
    return 1;
}

/* Whether a zone is balanced in the further scenarios and has all sites of one lock or none. */
static int keeps_rules(const ZoneList *z, const int64_t *zone, int64_t size) {
    int64_t label = -1, locked = 0;
    for (int64_t s = 0; s < z->scenarios; s++) {
        double load = 0.0;
        for (int64_t t = 0; t < size; t++) load += z->more_loads[s * z->sites + zone[t]];
        if (load < z->lower || load > z->upper) return 0;
    }
    for (int64_t t = 0; t < size; t++) {
        int64_t own = z->lock[zone[t]];
        if (own < 0) continue;
        if (label >= 0 && own != label) return 0;
        label = own;
        locked++;
    }
    for (int64_t i = 0; label >= 0 && i < z->sites; i++) locked -= z->lock[i] == label;
    return !locked;
}

/* Add a zone to the list, unless it is not connected or another post serves it better. */
static void list_zone(Lister *l) {
    ZoneList *z = l->list;
    int64_t *zone = z->zone, size = 0, head = 0, tail = 0, stamp = ++z->stamp;
    double cost;
    for (int64_t t = 0; t < l->width; t++)
        if (z->held[z->close[t]]) zone[size++] = z->close[t];
    z->seen[l->post] = stamp;
    z->queue[tail++] = l->post;
    while (head < tail) {
        int64_t site = z->queue[head++];
        for (int64_t e = z->near_start[site]; e < z->near_start[site + 1]; e++) {
            int64_t near = z->near[e];
            if (z->seen[near] == stamp || !z->held[near]) continue;
            z->seen[near] = stamp;
            z->queue[tail++] = near;
        }
    }
    if (tail < size || !keeps_rules(z, zone, size)) return;
    if (!is_best_post(z, l->post, zone, size, &cost)) return;
    int64_t first = z->start[z->count];
    if (z->count >= z->most_zones || first + size > z->room) {
        z->tries = -1;
        return;
    }
    for (int64_t t = 0; t < size; t++) z->member[first + t] = (int16_t)zone[t];
    z->worth[z->count++] = cost;
    z->start[z->count] = first + size;
}

/* The least cost of the load from flip `first` on: of reaching the limits, and at its price. */
static double price_load(const Lister *l, int64_t first, double load) {
    const ZoneList *z = l->list;
    double more = z->more[first], fewer = z->fewer[first];
    double up = l->weight > 0.0 ? l->weight : 0.0, down = l->weight < 0.0 ? -l->weight : 0.0;
    if (load > z->upper) return (load - z->upper) * fewer + (z->upper - z->lower) * (up < fewer ? up : fewer);
    if (load < z->lower) return (z->lower - load) * more + (z->upper - z->lower) * (down < more ? down : more);
    return (load - z->lower) * (up < fewer ? up : fewer) + (z->upper - load) * (down < more ? down : more);
}

/* The least charge of cuts for included sites that can still be flipped out. */
static double charge_rest(ZoneList *z, int64_t first, int64_t count) {
    double more = 0.0;
    for (int64_t t = first; t < count; t++)
        if (z->held[z->flip[t]]) more += settle_site(z, z->flip[t]);
    for (int64_t t = first; t < count; t++)
        if (z->held[z->flip[t]]) unsettle_site(z, z->flip[t]);
    return more;
}

static void list_flips(Lister *l, int64_t first, double load, double paid) {
    ZoneList *z = l->list;
    int64_t t = first;
    if (load >= z->lower && load <= z->upper) {
        double spare = l->weight > 0.0 ? l->weight * (load - z->lower) : l->weight * (load - z->upper);
        if (paid + spare < l->budget && paid + spare + charge_rest(z, first, l->count) < l->budget)
            list_zone(l);
    }
    for (; t < l->count; t++) {
        int64_t site = z->flip[t];
        double dearer = paid + z->penalty[t];
        if (dearer >= l->budget || paid + price_load(l, t, load) >= l->budget) break;
        if (dearer + price_load(l, t + 1, load + z->change[t]) < l->budget) {
            if (--z->tries < 0) break;
            z->held[site] ^= 1;
            if (z->held[site]) dearer += settle_site(z, site);
            if (dearer < l->budget) list_flips(l, t + 1, load + z->change[t], dearer);
            if (z->held[site]) unsettle_site(z, site);
            z->held[site] ^= 1;
        }
        if (z->held[site]) paid += settle_site(z, site); /* from here on it is fixed */
    }
    while (--t >= first)
        if (z->held[z->flip[t]]) unsettle_site(z, z->flip[t]);
}

/* List the zones of a post whose cost less prices plus charges of cuts is less than `budget` above the
   value of its relaxation at the load's price `weight`. If room or tries run out, `tries` becomes
   negative. */
void list_zones(ZoneList *z, int64_t post, double weight, double budget) {
    Lister l = {z, post, 0, 0, weight, budget};
    Ranked *order = z->order;
    double load = 0.0, paid = 0.0;
    for (int64_t i = 0; i < z->sites; i++) {
        double reduced = z->cost[post * z->sites + i] - z->price[i] - weight * z->load[i];
        z->held[i] = reduced < 0.0 || i == post;
        if (z->held[i]) load += z->load[i];
        if (z->held[i] || fabs(reduced) < budget) z->close[l.width++] = i;
        if (i != post && fabs(reduced) < budget) {
            order[l.count].key = fabs(reduced);
            order[l.count++].at = i;
        } else if (z->held[i]) {
            paid += settle_site(z, i);
        }
    }
    qsort(order, (size_t)l.count, sizeof(Ranked), compare_ranked);
    z->more[l.count] = z->fewer[l.count] = INFINITY;
    for (int64_t t = l.count - 1; t >= 0; t--) {
        int64_t i = order[t].at;
        double ratio = z->load[i] > 0.0 ? order[t].key / z->load[i] : INFINITY;
        z->flip[t] = i;
        z->penalty[t] = order[t].key;
        z->change[t] = z->held[i] ? -z->load[i] : z->load[i];
        z->more[t] = z->held[i] || ratio > z->more[t + 1] ? z->more[t + 1] : ratio;
        z->fewer[t] = !z->held[i] || ratio > z->fewer[t + 1] ? z->fewer[t + 1] : ratio;
    }
    if (paid < budget) list_flips(&l, 0, load, paid);
    memset(z->times, 0, (size_t)z->cuts);
}

/* Cost less prices of listed zones, plus `charge[c]` for each cut c of which a zone has two or three
   sites. `first_cut` (sites + 1,) and `cut` list the cuts of each site. `times` (cuts,) is 0 before and
   after. */
void reduce_costs(int64_t zones, const int64_t *start, const int16_t *member, const double *worth,
                  const double *price, const int64_t *first_cut, const int32_t *cut,
                  const double *charge, uint8_t *times, double *reduced) {
    for (int64_t z = 0; z < zones; z++) {
        double sum = worth[z];
        for (int64_t t = start[z]; t < start[z + 1]; t++) {
            int64_t i = member[t];
            sum -= price[i];
            for (int64_t c = first_cut[i]; c < first_cut[i + 1]; c++)
                if (++times[cut[c]] == 2) sum += charge[cut[c]];
        }
        for (int64_t t = start[z]; t < start[z + 1]; t++)
            for (int64_t c = first_cut[member[t]]; c < first_cut[member[t] + 1]; c++) times[cut[c]] = 0;
        reduced[z] = sum;
    }
}
