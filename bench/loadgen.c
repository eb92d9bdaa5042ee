/* A load generator for the memcached text protocol: one thread, epoll, closed loop.
 *
 * Theory of operation. Every connection sends a batch of `depth` requests with one send(), waits until each of
 * them is answered, and sends the next. The requests come from a file in which they lie one behind the other,
 * so nothing is formatted, copied or allocated while the clock runs: what it costs is the kernel's share. All
 * connections draw from one cursor, so a run of `--requests N` on a stream of N sends each request once.
 *
 * Output: the line "measuring" when the warm-up is over, then one JSON object.
 */
#define _GNU_SOURCE
#include "histogram.h"
#include "reply.h"
#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { RECEIVE_SIZE = 256 * 1024, EVENTS = 256 };
static const uint64_t STALL_NS = 5000000000ull; /* no byte from anyone for so long: the server hangs */

struct connection {
    int fd;
    bool wants_out;
    uint32_t first, count, replied; /* the batch: entries [first, first + count), of which `replied` are done */
    uint64_t sent_at;
    const char *out; /* what the kernel did not take yet */
    size_t owed;
    struct reply reply;
    size_t carried;
    char carry[LINE_LIMIT]; /* an unfinished line, until the rest of it comes */
};

static struct stream stream;
static struct histogram latencies;
static struct tally tally;
static char *receive_buffer;
static int epoll_fd;
static uint32_t cursor, depth = 1;
static uint64_t to_issue, in_progress, ops;
static bool stopping;

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

static void watch(struct connection *connection, int operation, bool out)
{
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(epoll_fd, operation, connection->fd, &event) < 0)
        fail("epoll_ctl: %s", strerror(errno));
    connection->wants_out = out;
}

static void flush_out(struct connection *connection)
{
    ssize_t sent = send(connection->fd, connection->out, connection->owed, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        fail("send: %s", strerror(errno));
    if (sent > 0) {
        connection->out += sent;
        connection->owed -= (size_t)sent;
    }
    if (connection->wants_out != (connection->owed > 0))
        watch(connection, EPOLL_CTL_MOD, connection->owed > 0);
}

static void start_batch(struct connection *connection)
{
    uint64_t count = depth;
    if (count > stream.header->requests - cursor)
        count = stream.header->requests - cursor; /* a batch does not wrap: it would not be one piece */
    if (count > to_issue)
        count = to_issue;
    connection->replied = 0;
    if (stopping || count == 0) {
        connection->count = 0;
        in_progress--;
        return;
    }
    const struct stream_entry *first = &stream.entries[cursor], *last = first + count - 1;
    connection->first = cursor;
    connection->count = (uint32_t)count;
    connection->out = stream.payload + first->offset;
    connection->owed = last->offset + last->length - first->offset;
    cursor = (cursor + (uint32_t)count) % stream.header->requests;
    to_issue -= count;
    expect_reply(&connection->reply, &stream, connection->first);
    connection->sent_at = now_ns();
    flush_out(connection);
}

static void end_reply(struct connection *connection, uint64_t now)
{
    record_value(&latencies, now - connection->sent_at);
    ops++;
    if (++connection->replied < connection->count)
        expect_reply(&connection->reply, &stream, connection->first + connection->replied);
}

static void on_readable(struct connection *connection)
{
    memcpy(receive_buffer, connection->carry, connection->carried);
    ssize_t got = recv(connection->fd, receive_buffer + connection->carried, RECEIVE_SIZE, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        fail("connection lost: %s", got == 0 ? "closed by the server" : strerror(errno));
    uint64_t now = now_ns();
    const char *at = receive_buffer, *end = receive_buffer + connection->carried + got;
    connection->carried = 0;
    while (at < end) {
        if (connection->replied == connection->count)
            fail("bytes that answer no request: %.*s", (int)(end - at < 64 ? end - at : 64), at);
        enum progress progress = read_reply(&connection->reply, &at, end, stream.header->value_size, &tally);
        if (progress == REPLY_DONE) {
            end_reply(connection, now);
        } else if (progress == REPLY_NEEDS_MORE) {
            connection->carried = (size_t)(end - at);
            memcpy(connection->carry, at, connection->carried);
            break;
        }
    }
    if (connection->count > 0 && connection->replied == connection->count)
        start_batch(connection);
}

static int connect_to(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail("%s is not an IPv4 address", host);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect to %s:%s: %s", host, port, strerror(errno));
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        fail("cannot set up a socket: %s", strerror(errno));
    return fd;
}

static double microseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

struct plan {
    const char *host, *port, *path;
    uint64_t connections, requests;
    double seconds, warmup;
};

static struct plan read_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"stream", 1, 0, 's'},   {"connections", 1, 0, 'c'}, {"depth", 1, 0, 'd'}, {"seconds", 1, 0, 't'},
        {"requests", 1, 0, 'n'}, {"warmup", 1, 0, 'w'},      {0, 0, 0, 0},
    };
    struct plan plan = {.connections = 1};
    bool known = true;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 's': plan.path = optarg; break;
        case 'c': plan.connections = strtoull(optarg, NULL, 10); break;
        case 'd': depth = (uint32_t)strtoul(optarg, NULL, 10); break;
        case 't': plan.seconds = strtod(optarg, NULL); break;
        case 'n': plan.requests = strtoull(optarg, NULL, 10); break;
        case 'w': plan.warmup = strtod(optarg, NULL); break;
        default: known = false;
        }
    }
    if (!known || argc - optind != 2 || !plan.path || !plan.connections || plan.connections > 10000 || !depth ||
        (plan.seconds > 0) == (plan.requests > 0) || plan.seconds < 0 || plan.warmup < 0 || plan.warmup >= 1) {
        fprintf(stderr, "usage: loadgen HOST PORT --stream FILE (--seconds S | --requests N)\n"
                        "               [--connections 1] [--depth 1] [--warmup SHARE]\n");
        exit(EXIT_USAGE);
    }
    plan.host = argv[optind];
    plan.port = argv[optind + 1];
    return plan;
}

struct mark {
    uint64_t at, ops;
    struct rusage usage;
};

static struct mark mark_now(void)
{
    struct mark mark = {.at = now_ns(), .ops = ops};
    getrusage(RUSAGE_SELF, &mark.usage);
    return mark;
}

static struct mark run(const struct plan *plan, struct connection *all)
{
    struct mark begin = {0};
    uint64_t started = now_ns(), now = started, progressed = started;
    uint64_t ends = plan->seconds > 0 ? started + (uint64_t)(plan->seconds * 1e9) : UINT64_MAX;
    uint64_t warm_at = started + (uint64_t)(plan->seconds * plan->warmup * 1e9);
    uint64_t warm_ops = (uint64_t)((double)plan->requests * plan->warmup);
    for (uint64_t i = 0; i < plan->connections; i++)
        start_batch(&all[i]);

    while (in_progress > 0) {
        if (!begin.at && now >= warm_at && ops >= warm_ops) {
            memset(&latencies, 0, sizeof latencies);
            begin = mark_now();
            puts("measuring");
            fflush(stdout);
        }
        struct epoll_event events[EVENTS];
        int count = epoll_wait(epoll_fd, events, EVENTS, 100);
        if (count < 0 && errno != EINTR)
            fail("epoll_wait: %s", strerror(errno));
        now = now_ns();
        stopping = now >= ends;
        if (count > 0)
            progressed = now;
        else if (now - progressed > STALL_NS)
            fail("no reply for %.0f s", (double)STALL_NS / 1e9);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                flush_out(connection);
            if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                on_readable(connection);
        }
    }
    return begin;
}

int main(int argc, char **argv)
{
    struct plan plan = read_arguments(argc, argv);
    alarm(plan.seconds > 0 ? (unsigned)plan.seconds + 15 : 60); /* whatever happens, it ends */

    stream = open_stream(plan.path);
    receive_buffer = malloc(LINE_LIMIT + RECEIVE_SIZE);
    struct connection *all = calloc(plan.connections, sizeof *all);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!receive_buffer || !all || epoll_fd < 0)
        fail("out of memory or descriptors");
    for (uint64_t i = 0; i < plan.connections; i++) {
        all[i].fd = connect_to(plan.host, plan.port);
        watch(&all[i], EPOLL_CTL_ADD, false);
    }
    to_issue = plan.requests ? plan.requests : UINT64_MAX;
    in_progress = plan.connections;

    struct mark begin = run(&plan, all), end = mark_now();
    if (!begin.at || end.ops == begin.ops)
        fail("the run ended before its warm-up");
    printf("{\"ops\": %llu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, "
           "\"hits\": %llu, \"misses\": %llu, \"errors\": %llu, \"total_ops\": %llu, "
           "\"own_user_us\": %.0f, \"own_system_us\": %.0f}\n",
           (unsigned long long)(end.ops - begin.ops), (double)(end.at - begin.at) / 1e9,
           percentile(&latencies, 0.5) / 1e3, percentile(&latencies, 0.99) / 1e3, percentile(&latencies, 0.999) / 1e3,
           (unsigned long long)tally.hits, (unsigned long long)tally.misses, (unsigned long long)tally.errors,
           (unsigned long long)ops, microseconds(end.usage.ru_utime) - microseconds(begin.usage.ru_utime),
           microseconds(end.usage.ru_stime) - microseconds(begin.usage.ru_stime));
    return tally.errors ? EXIT_ERROR_REPLIES : 0;
}
