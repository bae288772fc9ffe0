#ifndef NET_LINK_PRIORITY_H
#define NET_LINK_PRIORITY_H

/*
 * Which of the waiting lines leaves first. Urgent lines (PONG, registration, QUIT) also do not wait
 * for the pacing; bulk (long listings) leaves only when nothing else waits.
 */
enum conn_priority { CONN_URGENT, CONN_NORMAL, CONN_BULK };
#define CONN_PRIORITIES 3

#endif
