output "alb_url" {
  description = "Where it is reached."
  value       = "${local.scheme}://${local.public_name}"
}

output "ecr_repository_url" {
  description = "Where images are pushed."
  value       = aws_ecr_repository.main.repository_url
}

output "cluster" {
  description = "The cluster of all roles."
  value       = aws_ecs_cluster.main.name
}

output "migration" {
  description = "What `aws ecs run-task` needs to bring the schema up to date."
  value = {
    task_definition = aws_ecs_task_definition.roles["migrate"].arn
    subnets         = aws_subnet.private[*].id
    security_group  = aws_security_group.roles.id
  }
}

output "task_definitions" {
  description = "What each service is to run; `verify.sh` compares it with what runs."
  value       = { for role in keys(local.roles) : role => aws_ecs_task_definition.roles[role].arn }
}

output "models_bucket" {
  description = "Where model versions are kept."
  value       = aws_s3_bucket.models.bucket
}

output "serving_image_tag" {
  description = "Tag of the image that serves; to go back to."
  value       = var.image_tag
  depends_on  = [aws_ecs_service.roles] # an apply that breaks off before leaves the tag of what still serves
}
