/* A reader of memcached's replies without I/O: bytes in, verdicts out.
 *
 * A reply is parsed as far as is needed to trust it: values by their announced length, the CRLF behind them, and
 * that their key was asked for. An error line ends the request and is counted; any other line that does not fit
 * the request ends the run, for the figures of a stream that lost its step mean nothing.
 */
#ifndef OUTRIDER_BENCH_REPLY_H
#define OUTRIDER_BENCH_REPLY_H

#include "stream.h"

#include <stdbool.h>

enum { LINE_LIMIT = 2048, ERRORS_SHOWN = 5 };
enum progress { REPLY_DONE, REPLY_GOES_ON, REPLY_NEEDS_MORE };

struct reply {
    const struct stream_entry *entry; /* the request */
    const char *request;
    const char *next_key; /* in the request: keys of values are looked for from here on */
    uint32_t values;
    uint64_t data_left; /* bytes of the current value still to come, its CRLF included */
};

struct tally {
    uint64_t hits, misses, errors;
};

static void expect_reply(struct reply *reply, const struct stream *stream, uint32_t index)
{
    reply->entry = &stream->entries[index];
    reply->request = reply->next_key = stream->payload + reply->entry->offset;
    reply->values = 0;
    reply->data_left = 0;
}

/* Looks on behind the key that came last, because servers answer in (nearly) the order of the request. */
static bool was_asked_for(struct reply *reply, const char *key, size_t size)
{
    const char *start = reply->request, *end = start + reply->entry->length - 2, *token = reply->next_key;
    for (int turn = 0; turn < 2; turn++, token = start)
        while (token < end) {
            const char *stop = memchr(token, ' ', (size_t)(end - token));
            if (stop == NULL)
                stop = end;
            bool is_verb = token == start;
            if (!is_verb && (size_t)(stop - token) == size && memcmp(token, key, size) == 0) {
                reply->next_key = stop + (stop < end);
                return true;
            }
            token = stop + 1;
        }
    return false;
}

static void read_value_line(struct reply *reply, const char *line, size_t size, uint32_t value_size)
{
    const char *key = line + strlen("VALUE "), *end = line + size;
    const char *key_end = memchr(key, ' ', (size_t)(end - key));
    const char *flags_end = key_end ? memchr(key_end + 1, ' ', (size_t)(end - key_end - 1)) : NULL;
    const char *digit = flags_end ? flags_end + 1 : end;
    uint64_t length = 0;
    if (digit == end)
        fail("malformed VALUE line: %.*s", (int)size, line);
    for (; digit < end && *digit != ' '; digit++) {
        if (*digit < '0' || *digit > '9' || length > UINT32_MAX)
            fail("malformed VALUE line: %.*s", (int)size, line);
        length = length * 10 + (uint64_t)(*digit - '0');
    }
    if (value_size != 0 && length != value_size)
        fail("value of %llu bytes, expected %u", (unsigned long long)length, value_size);
    if (++reply->values > reply->entry->keys || !was_asked_for(reply, key, (size_t)(key_end - key)))
        fail("value of a key that was not asked for: %.*s", (int)size, line);
    reply->data_left = length + 2;
}

static bool starts_with(const char *line, size_t size, const char *word)
{
    size_t length = strlen(word);
    return size >= length && memcmp(line, word, length) == 0;
}

static bool is_line(const char *line, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(line, word, size) == 0;
}

static enum progress read_line(struct reply *reply, const char *line, size_t size, uint32_t value_size,
                               struct tally *tally)
{
    bool values = reply->entry->kind == REPLY_VALUES;
    if (values && starts_with(line, size, "VALUE ")) {
        read_value_line(reply, line, size, value_size);
        return REPLY_GOES_ON;
    }
    if (values && is_line(line, size, "END")) {
        tally->hits += reply->values;
        tally->misses += reply->entry->keys - reply->values;
    } else if (starts_with(line, size, "ERROR") || starts_with(line, size, "CLIENT_ERROR") ||
               starts_with(line, size, "SERVER_ERROR")) {
        if (tally->errors++ < ERRORS_SHOWN)
            fprintf(stderr, "loadgen: error reply: %.*s\n", (int)size, line);
    } else if (values || !is_line(line, size, "STORED")) {
        fail("unexpected reply line to '%.24s': %.*s", reply->request, (int)size, line);
    }
    return REPLY_DONE;
}

static const char *skip_value(struct reply *reply, const char *at, const char *end)
{
    if (reply->data_left > 2) {
        uint64_t bulk = reply->data_left - 2;
        if (bulk > (uint64_t)(end - at))
            bulk = (uint64_t)(end - at);
        at += bulk;
        reply->data_left -= bulk;
    }
    for (; at < end && reply->data_left > 0 && reply->data_left <= 2; at++, reply->data_left--)
        if (*at != (reply->data_left == 2 ? '\r' : '\n'))
            fail("a value is not followed by CRLF");
    return at;
}

/* Reads on from *at (< end) and moves it; with REPLY_NEEDS_MORE, what is left at *at is an unfinished line. */
static enum progress read_reply(struct reply *reply, const char **at, const char *end, uint32_t value_size,
                                struct tally *tally)
{
    if (reply->data_left > 0) {
        *at = skip_value(reply, *at, end);
        return REPLY_GOES_ON;
    }
    const char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));
    if (newline == NULL) {
        if (end - line >= LINE_LIMIT)
            fail("reply line without end");
        return REPLY_NEEDS_MORE;
    }
    if (newline == line || newline[-1] != '\r')
        fail("reply line without CR: %.*s", (int)(newline - line < 64 ? newline - line : 64), line);
    *at = newline + 1;
    return read_line(reply, line, (size_t)(newline - 1 - line), value_size, tally);
}

#endif
