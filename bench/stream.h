/* The request stream: written by bench/streams.py in native byte order; mapped, never copied. */
#ifndef OUTRIDER_BENCH_STREAM_H
#define OUTRIDER_BENCH_STREAM_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Exit codes: 0 fine, 1 the server answered with errors, 2 wrong usage, 3 the run cannot be believed. */
enum { EXIT_ERROR_REPLIES = 1, EXIT_USAGE = 2, EXIT_BROKEN = 3 };

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("loadgen: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(EXIT_BROKEN);
}

enum reply_kind { REPLY_VALUES = 1, REPLY_STORED = 2 };

struct stream_header {
    char magic[8];
    uint32_t requests;
    uint32_t value_size; /* every value in a reply must have this length; 0: any */
    uint64_t payload;    /* bytes of all requests, directly behind the entries */
};

struct stream_entry {
    uint64_t offset; /* in the payload; requests lie one behind the other, so a batch is one send */
    uint32_t length;
    uint16_t keys;
    uint16_t kind;
};

struct stream {
    const struct stream_header *header;
    const struct stream_entry *entries;
    const char *payload;
};

static struct stream open_stream(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < (off_t)sizeof(struct stream_header))
        fail("cannot read stream %s", path);
    const char *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED)
        fail("cannot map stream %s", path);
    close(fd);

    struct stream stream = {.header = (const void *)bytes};
    uint64_t count = stream.header->requests;
    stream.entries = (const void *)(bytes + sizeof(struct stream_header));
    stream.payload = (const char *)(stream.entries + count);
    if (memcmp(stream.header->magic, "ORSTRM01", 8) != 0 || count == 0 ||
        (uint64_t)status.st_size !=
            sizeof(struct stream_header) + count * sizeof(struct stream_entry) + stream.header->payload)
        fail("%s is not a request stream", path);

    uint64_t expected = 0;
    for (uint64_t i = 0; i < count; i++) {
        const struct stream_entry *entry = &stream.entries[i];
        if (entry->offset != expected || entry->length < 2 || entry->offset + entry->length > stream.header->payload ||
            (entry->kind != REPLY_VALUES && entry->kind != REPLY_STORED))
            fail("%s: entry %llu is damaged", path, (unsigned long long)i);
        expected += entry->length;
    }
    return stream;
}

#endif
