#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/*
 * sd_notify(3) without its library: sends `state` ("READY=1", "STOPPING=1", "STATUS=...") to the
 * socket named by NOTIFY_SOCKET, if there is one. Never blocks; nobody listening is no error.
 */
void notify_send(const char *state);

#endif
