/* A small libnvidia-ml.so.1: the part of NVML's interface that torchenv's probe calls.

   STUB_NVML says what it does: "ok" (two GPUs, one of them divided), "lost" (the first GPU does not
   answer), "mismatch" (the driver cannot be started), "crash", "hang". */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, NOT_SUPPORTED = 3, INVALID = 2, GPU_IS_LOST = 15, MISMATCH = 18 };

static const char *NAMES[] = {"NVIDIA H100 PCIe", "NVIDIA GeForce RTX 4090"};
static const int CAPABILITIES[][2] = {{9, 0}, {8, 9}};
static int handles[2];

static int mode(const char *wanted) {
  const char *set = getenv("STUB_NVML");
  return strcmp(set ? set : "ok", wanted) == 0;
}

static int index_of(void *handle) { return handle == &handles[1]; }

int nvmlInitWithFlags(unsigned int flags) {
  (void)flags;
  if (mode("crash")) abort();
  while (mode("hang")) pause();
  return mode("mismatch") ? MISMATCH : SUCCESS;
}

const char *nvmlErrorString(int code) {
  return code == MISMATCH ? "Driver/library version mismatch" : "Something else";
}

int nvmlSystemGetDriverVersion(char *text, unsigned int size) {
  strncpy(text, "550.54.15", size);
  return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned int *count) {
  *count = 2;
  return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **handle) {
  if (index > 1) return INVALID;
  if (index == 0 && mode("lost")) return GPU_IS_LOST;
  *handle = &handles[index];
  return SUCCESS;
}

int nvmlDeviceGetName(void *handle, char *text, unsigned int size) {
  strncpy(text, NAMES[index_of(handle)], size);
  return SUCCESS;
}

int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor) {
  *major = CAPABILITIES[index_of(handle)][0];
  *minor = CAPABILITIES[index_of(handle)][1];
  return SUCCESS;
}

int nvmlDeviceGetMigMode(void *handle, unsigned int *now, unsigned int *later) {
  if (index_of(handle) == 1) return NOT_SUPPORTED;
  *now = *later = 1;
  return SUCCESS;
}
