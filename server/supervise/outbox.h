#ifndef SERVER_SUPERVISE_OUTBOX_H
#define SERVER_SUPERVISE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules/ipc/codec.h"

/*
 * What a module host is sent: send buffer and replay log at once. The queue holds the EVENT frames
 * from the oldest that is not acknowledged on; `written` says how far the host has been given them.
 * Everything else (handshake, answers, STOP) goes through `control`, which overtakes what is not
 * written yet. Zero-initialized is empty.
 */
struct outbox {
    struct buf control;  /* whole frames, the first perhaps written in part */
    uint64_t controlled; /* bytes of it that were written since the beginning */
    struct buf queue;    /* whole EVENT frames */
    size_t written;      /* bytes of the queue */
    size_t boundary; /* where a frame of the queue begins; caught up with `written` when needed */
    size_t events;   /* in the queue */
    bool one_by_one; /* no event is written before the one before it was acknowledged */
};

/* Returns 0, or -1 when the event is over its frame's limit. */
int outbox_add(struct outbox *o, const struct ipc_event *event);
/* Writes what the pipe takes. 0: all that may be written now; 1: the rest must wait; -1: the reader
 * is gone. */
int outbox_flush(struct outbox *o, int fd);
/* The number of the oldest event, if it was written whole; else 0. */
uint64_t outbox_oldest(const struct outbox *o);
/* Whether that is its number, and it is for the module. */
bool outbox_oldest_is(const struct outbox *o, uint64_t number, uint16_t module);
/* Whether the host was given more than one event. */
bool outbox_many_written(const struct outbox *o);
/* Whether the event of that number is one that was given to the host; then it is filled in. */
bool outbox_find_written(const struct outbox *o, uint64_t number, struct ipc_event *event);
/* Forgets the oldest event; returns which module it was for. */
uint16_t outbox_acknowledge(struct outbox *o);
/* Whether an event of that number, or an older one, is not acknowledged yet. */
bool outbox_has(const struct outbox *o, uint64_t number);
/* Where `control` ends, and whether it was written up to there. */
uint64_t outbox_control_end(const struct outbox *o);
bool outbox_controlled(const struct outbox *o, uint64_t end);
/* Moves the events of which nothing was written to the end of `to`; returns how many. */
size_t outbox_take_unwritten(struct outbox *o, struct buf *to);
void outbox_free(struct outbox *o);

/* ---- Lists of EVENT frames ------------------------------------------------------------------- */

/* The first event of a list, or -1 when it is empty; *size is its frame's. */
int event_list_first(const struct buf *list, struct ipc_event *event, size_t *size);
/* Merges two lists in order of their numbers into `into`; `other` is empty then. */
void event_list_merge(struct buf *into, struct buf *other);

#endif
