variable "aws_region" {
  description = "Region of everything."
  type        = string
  default     = "eu-central-1"
}

variable "project_name" {
  description = "Begins the name of everything."
  type        = string
  default     = "groundswell"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.project_name))
    error_message = "Lower-case letters, digits and hyphens, 2 to 20 of them, a letter first."
  }
}

variable "environment" {
  description = "staging or production."
  type        = string
  default     = "staging"
  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "staging or production."
  }
}

variable "ecs_task_memory" {
  description = "Memory of a task, in MiB; the processor grows with it."
  type        = number
  default     = 1024
  validation {
    condition     = contains([1024, 2048, 4096], var.ecs_task_memory)
    error_message = "1024, 2048 or 4096, as Fargate has them."
  }
}

variable "image_tag" {
  description = "Tag of the image in the registry that this makes."
  type        = string
  default     = "latest"
}

variable "certificate_arn" {
  description = "Certificate of the balancer. Without one it serves plain HTTP, for a first look only."
  type        = string
  default     = ""
}

variable "host_name" {
  description = "Name people reach it at; empty means the balancer's own."
  type        = string
  default     = ""
}

variable "source_spec" {
  description = "What the ingester reads, e.g. bluesky."
  type        = string
  default     = "synthetic"
}

variable "alarm_email" {
  description = "Who is told of alarms; empty means nobody."
  type        = string
  default     = ""
}
