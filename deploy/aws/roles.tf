locals {
  # role: what it runs, how many, and how many at most
  roles = {
    api    = { command = ["api", "--host", "0.0.0.0", "--port", "8000"], least = local.is_production ? 2 : 1, most = 10, port = 8000 }
    worker = { command = ["worker"], least = local.is_production ? 3 : 1, most = 12, port = 0 }
    watch  = { command = ["watch"], least = local.is_production ? 2 : 1, most = 2, port = 0 }
    model  = { command = ["model", "--host", "0.0.0.0", "--port", "8081"], least = local.is_production ? 2 : 1, most = 8, port = 8081 }
    ingest = { command = ["ingest", var.source_spec], least = 1, most = 1, port = 0 }
  }
  scaled = { for role, how in local.roles : role => how if how.most > how.least }

  settings = {
    GROUNDSWELL_METRICS_PORT    = "9100"
    GROUNDSWELL_ALLOWED_HOSTS   = "${local.public_name},model.${local.name}.internal"
    GROUNDSWELL_PUBLIC_URL      = "${local.scheme}://${local.public_name}"
    GROUNDSWELL_TRUSTED_PROXIES = aws_vpc.main.cidr_block # the balancer
  }
  service_url = { MODEL_SERVICE_URL = "http://model.${local.name}.internal:8081" }
  # ECS does not read the image's own; without a key, as every question about health
  probe = {
    command     = ["CMD", "python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9100/health', timeout=4)"]
    interval    = 10
    timeout     = 5
    retries     = 3
    startPeriod = 120
  }
  image = "${aws_ecr_repository.main.repository_url}:${var.image_tag}"
}

resource "aws_cloudwatch_log_group" "roles" {
  for_each          = merge(local.roles, { migrate = {} })
  name              = "/${local.name}/${each.key}"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_ecs_cluster" "main" {
  name = local.name
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_service_discovery_private_dns_namespace" "main" {
  name = "${local.name}.internal"
  vpc  = aws_vpc.main.id
}

resource "aws_service_discovery_service" "model" {
  name = "model"
  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.main.id
    routing_policy = "MULTIVALUE"
    dns_records {
      type = "A"
      ttl  = 5
    }
  }
}

resource "aws_ecs_task_definition" "roles" {
  for_each                 = merge(local.roles, { migrate = { command = ["migrate", "--wait", "120"], port = 0 } })
  family                   = "${local.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.ecs_task_memory / 2
  memory                   = var.ecs_task_memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  volume {
    name = "tmp"
  }
  volume {
    name = "data"
  }
  volume {
    name = "models"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.models.id
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.models.id
      }
    }
  }
  container_definitions = jsonencode([{
    name                   = each.key
    image                  = local.image
    command                = each.value.command
    essential              = true
    readonlyRootFilesystem = true
    user                   = "10001:10001"
    stopTimeout            = 30
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    portMappings           = each.value.port == 0 ? [] : [{ containerPort = each.value.port, protocol = "tcp" }]
    mountPoints = [
      { sourceVolume = "tmp", containerPath = "/tmp" },
      { sourceVolume = "data", containerPath = "/data" },
      { sourceVolume = "models", containerPath = "/data/models" },
    ]
    environment = [for name, value in merge(local.settings, each.key == "model" ? {} : local.service_url) : { name = name, value = value }]
    secrets     = [for name in keys(local.secrets) : { name = name, valueFrom = aws_secretsmanager_secret.main[name].arn }]
    healthCheck = each.key == "migrate" ? null : local.probe
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.roles[each.key].name
        awslogs-region        = var.aws_region
        awslogs-stream-prefix = each.key
      }
    }
  }])
}

resource "aws_ecs_service" "roles" {
  for_each                           = local.roles
  name                               = each.key
  cluster                            = aws_ecs_cluster.main.id
  task_definition                    = aws_ecs_task_definition.roles[each.key].arn
  launch_type                        = "FARGATE"
  desired_count                      = each.value.least
  deployment_minimum_healthy_percent = each.key == "ingest" ? 0 : 100
  deployment_maximum_percent         = each.key == "ingest" ? 100 : 200
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets         = aws_subnet.private[*].id
    security_groups = [aws_security_group.roles.id]
  }
  dynamic "load_balancer" {
    for_each = each.key == "api" ? [1] : []
    content {
      target_group_arn = aws_lb_target_group.api.arn
      container_name   = "api"
      container_port   = 8000
    }
  }
  dynamic "service_registries" {
    for_each = each.key == "model" ? [1] : []
    content {
      registry_arn = aws_service_discovery_service.model.arn
    }
  }
  lifecycle {
    ignore_changes = [desired_count] # the autoscaler's
  }
  depends_on = [
    aws_lb_listener.plain, aws_lb_listener.secure, aws_iam_role_policy.execution, aws_efs_mount_target.models,
  ]
}

resource "aws_appautoscaling_target" "roles" {
  for_each           = local.scaled
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.roles[each.key].name}"
  min_capacity       = each.value.least
  max_capacity       = each.value.most
}

resource "aws_appautoscaling_policy" "processor" {
  for_each           = local.scaled
  name               = "processor"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.roles[each.key].service_namespace
  scalable_dimension = aws_appautoscaling_target.roles[each.key].scalable_dimension
  resource_id        = aws_appautoscaling_target.roles[each.key].resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = 70
    scale_in_cooldown  = 300
    scale_out_cooldown = 30
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
